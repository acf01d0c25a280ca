package signaling

import (
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
)

// readingPart is what each user keeps for themselves: what they have read, begun to write and put aside.
var readingPart = part{
	requests: map[string]request{
		"markAsRead":       on(chatLane, "Everything up to `seq`, or to the latest of `messageIds`, has been read. The cursor only goes forward by this. Answered with one's standing in the channel, which is also pushed to one's other devices.", (*session).markAsRead),
		"markAsUnread":     on(chatLane, "This message and what came after it are unread again. The argument is the message's id, or `{messageId}`.", (*session).markAsUnread),
		"markThreadRead":   on(chatLane, "A thread (by the id of the message that it hangs on) has been read up to `seq`.", (*session).markThreadRead),
		"setNotifications": on(chatLane, "What one wants to be told of a channel: `all`, `mentions` or `none`.", (*session).setNotifications),
		"saveDraft":        on(chatLane, "Keep what one has begun to write in a channel, or in a thread, for all one's devices; an empty `message` forgets it.", (*session).saveDraft),
		"saveMessage":      on(chatLane, "Put a message aside for later, or no longer.", (*session).saveMessage),
	},
	pushes: []push{
		{chat.EventChannelRead, "One's standing in a channel has changed on some device: to all one's devices. `isArchived` is there while one has put a direct message away, which the next message ends. `unread` and `mentions` end at 100."},
		{chat.EventMessagesRead, "A member has read up to `readSeq`; to channels of up to 50 members. `messageIds` are there when the member named them."},
		{chat.EventThreadRead, "One has read a thread on some device; to all one's devices."},
		{chat.EventThreadFollowed, "One has asked on some device to follow a thread, or no longer; to all one's devices. Following that comes from writing or from being named is not told: `newMessage` says so itself."},
		{chat.EventDraftChanged, "A draft of one's own was changed on some device; an empty `message` when it is gone."},
		{chat.EventMessageSaved, "One has put a message aside on some device, or no longer."},
	},
	paths: []restPath{
		{"GET /api/channels/{id}/reads", "Up to where each member of a channel of up to 50 has read.", (*Server).listReads},
		{"GET /api/threads", "The threads that one follows, those in which something was written last first, at most 50. `unread` is of others' replies and ends at 100; `lastSeq` is of the latest reply that it knows of, so a `newMessage` with a higher `seq` adds to it.", (*Server).listThreads},
		{"GET /api/drafts", "One's drafts, the last changed first.", (*Server).listDrafts},
		{"GET /api/saved", "What one put aside and may still read, the last put aside first; `before` (a `savedAt`) pages.", (*Server).listSaved},
	},
	errors: []errorRow{
		{"too_many_messages", fault.TooLarge, "A `markAsRead` names at most 200 messages."},
		{"channel_too_large", fault.TooLarge, "The channel has too many members for this."},
		{"too_many_drafts", fault.TooLarge, "A user has at most 500 drafts."},
	},
}
