package signaling

import (
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
)

// messagePart is messages.
var messagePart = part{
	requests: map[string]request{
		"sendMessage":   on(chatLane, "Write a message of 1 to 10,000 characters of Markdown. `parentMessageId` makes it a reply in a thread; `quoteMessageId` quotes a message, or forwards one from another channel; `mentions` are the ids of channel members whose names stand in the text as \"@Name\", at most 20; a text with `@channel` notifies everyone, at most once in five minutes, and needs `confirmChannelMention` from six members on. When the ack comes it is stored. Sent again with the same `clientId` within 30 days it has no second effect: the ack is the same, with `duplicate: true`, also where the sender could not write it any more; but with another channel, text, thread or quote it is `client_id_reused`. Without a `clientId` a retry writes a second message.", (*session).sendMessage),
		"editMessage":   on(chatLane, "Change what one's own message says. Only those named by \"@Name\" for the first time are told. With the `revision` that was seen, a change that came in between is an error (`message_changed`).", (*session).editMessage),
		"deleteMessage": on(chatLane, "Take a message's words away: one's own, or any as the channel's owner or admin. It keeps its place (`isDeleted`). The argument is the message's id, or `{messageId}`.", (*session).deleteMessage),
		"addReaction":   on(chatLane, "Put one of the eight emoji under a message; given once more it is taken back. `on` makes a retry harmless: true puts it there, false takes it away. `added` tells what it came to.", (*session).react),
		"pinMessage":    on(chatLane, "Pin a message, or no longer: as the channel's owner or admin, or as either person of a direct message. The argument is the message's id, or `{messageId, on}`, as of `addReaction`.", (*session).pinMessage),
		"followThread":  on(chatLane, "Be told of a thread's replies, or no longer. Who replies in it follows it from then on; who began it does so from the first reply on, and who is named there, unless they have said no.", (*session).followThread),
		"sync":          on(chatLane, "Tell for each channel the last `eventSeq` that was applied; get all that was missed (`status: \"events\"`), or the word to fetch the channel afresh (`\"reset\"`), or that one is no longer in it (`\"gone\"`). `added` are channels that were not named. With `peopleSeq` (of `ready`, or of the last `sync`), `people` are those who look otherwise since then, as `peopleChanged` would have told, and `peopleSeq` is what to give the next time.", (*session).sync),
	},
	pushes: []push{
		{chat.EventNewMessage, "A message was written in a channel, by anyone, on any device; by oneself too. `thread` is there for a reply: what the message that its thread hangs on (by `rootSenderId`) shows now."},
		{chat.EventMessageEdited, "A message says something else now, or has got a preview of its link."},
		{chat.EventMessageDeleted, "A message has lost its words. `thread` as of `newMessage`."},
		{chat.EventReactionAdded, "Somebody's emoji is under a message."},
		{chat.EventReactionRemoved, "It no longer is."},
		{chat.EventMessagePinned, "A message was pinned, or no longer is."},
		{chat.EventMention, "Somebody named the user; to all their devices, also where they do not look at the channel."},
	},
	paths: []restPath{
		{"GET /api/communications", "A page of a channel's messages, oldest first: the newest, or those `before` or `after` a message (its `seq` or its id, exclusive), or from the middle of which one stands (`around`, to jump to it), `limit` 1 to 100, 50 if not given. Replies in threads are among them, at their places; `parentMessageId` asks for one thread's alone, and for how it stands. `eventSeq` was read before the messages: apply pushes from there on.", (*Server).listMessages},
		{"POST /api/communications", "As the event `sendMessage`.", (*Server).postMessage},
		{"GET /api/communications/{id}", "One message.", (*Server).getMessage},
		{"PUT /api/communications/{id}", "As the event `editMessage`.", (*Server).putMessage},
		{"DELETE /api/communications/{id}", "As the event `deleteMessage`.", (*Server).deleteMessageByPath},
		{"GET /api/communications/{id}/revisions", "What a message said before its edits, the oldest first; of a deleted one, for the channel's owner and admins only.", (*Server).listRevisions},
		{"GET /api/communications/{id}/preview-image", "A link to the picture of a message's preview (`linkPreview.image`), for those who may read the message. It may be relative to the server, needs no token, and is good for a minute: ask for it when the picture is shown.", (*Server).getPreviewImage},
		{"POST /api/communications/reactions", "As the event `addReaction`.", (*Server).postReaction},
		{"GET /api/channels/{id}/pins", "A channel's pinned messages, the last pinned first, at most 100.", (*Server).listPins},
		{"POST /api/channels/{id}/pins", "As the event `pinMessage`.", (*Server).postPin},
	},
	errors: []errorRow{
		{"message_deleted", fault.Conflict, "The message was deleted."},
		{"message_changed", fault.Conflict, "The message was changed after the `revision` that was seen."},
		{"not_author", fault.Forbidden, "Only who wrote a message can change it."},
		{"not_moderator", fault.Forbidden, "Only the channel's owner and admins can do this."},
		{"silenced", fault.Forbidden, "A moderator has silenced the user in this channel for a time."},
		{"not_delivered", fault.Forbidden, "The message could not be delivered."},
		{"unknown_emoji", fault.Invalid, "A reaction is one of the eight emoji that `details.allowed` lists."},
		{"too_many_reactions", fault.TooLarge, "A message has at most 50 different reactions."},
		{"too_many_pins", fault.TooLarge, "A channel has at most 100 pinned messages."},
		{"not_a_thread", fault.Invalid, "The message is a reply itself; `details.parentMessageId` names its thread."},
		{"too_many_mentions", fault.TooLarge, "A message mentions at most 20 people."},
		{"channel_mention_not_allowed", fault.Forbidden, "Only the channel's owner and admins can notify everyone there."},
		{"confirm_channel_mention", fault.Conflict, "The message notifies everyone (`details.members`): send it again with `confirmChannelMention`."},
		{"rate_limited", fault.RateLimited, "Too much at once: again after `retryAfterMs`."},
		{"message_not_found", fault.NotFound, "There is no such message in the channel."},
		{"preview_image_not_found", fault.NotFound, "The message shows no picture of a page."},
		{"message_too_long", fault.TooLarge, "A message is at most 10,000 characters."},
		{"client_id_reused", fault.Conflict, "The `clientId` was used for another message before: in another channel or thread, or with another text or quote."},
		{"too_many_channels", fault.TooLarge, "A `sync` names at most 2,000 channels."},
	},
}
