package chat

import (
	"encoding/json"
	"time"
)

// Names of the pushes of this package. Those that change a channel carry its eventSeq, and Sync tells of them later.
const (
	EventNewMessage      = "newMessage"
	EventMessageEdited   = "messageEdited"
	EventMessageDeleted  = "messageDeleted"
	EventReactionAdded   = "reactionAdded"
	EventReactionRemoved = "reactionRemoved"
	EventMessagePinned   = "messagePinned"

	EventChannelUpdated = "channelUpdated"
	EventChannelTurned  = "channelTurned"
	EventMembersAdded   = "membersAdded"
	EventMemberRemoved  = "memberRemoved"
	EventMemberUpdated  = "memberUpdated"

	EventMessagesRead = "messagesRead" // numbers nothing: the latest of a user counts

	EventUserDeactivated = "userDeactivated" // for the nodes; clients get sessionEnded
	EventUserActivated   = "userActivated"

	EventDirectoryChanged = "directoryChanged" // for the nodes: there are Described or ChangedPeople to ask for
	EventPeopleChanged    = "peopleChanged"
	EventDescribedAnew    = "describedAnew" // for a node's own sockets, of which each tells its client who it is now
	EventEntered          = "entered"       // for a user's sockets: a token has made them a member, which older ones may not know

	EventMention          = "mention"
	EventChannelRead      = "channelRead"
	EventThreadRead       = "threadRead"
	EventThreadFollowed   = "threadFollowed"
	EventDraftChanged     = "draftChanged"
	EventMessageSaved     = "messageSaved"
	EventScheduledChanged = "scheduledChanged"
	EventChannelAdded     = "channelAdded"
	EventUserBlocked      = "userBlocked"
	EventUnheard          = "unheard" // for the nodes: who is blocked watches the blocker no longer
	EventReportUpdated    = "reportUpdated"
	EventDMOpened         = "dmOpened"
	EventChannelRemoved   = "channelRemoved"
)

// Change is one step in a channel's history of changes, as a client applies it.
type Change struct {
	Event    string          `json:"event"` // the name of the push that told of it
	EventSeq int64           `json:"eventSeq"`
	Data     json.RawMessage `json:"data"`
}

// NewMessage is the payload of the "newMessage" push.
type NewMessage struct {
	ChannelID string  `json:"channelId"`
	EventSeq  int64   `json:"eventSeq"`
	Message   Message `json:"message"`
	Thread    *Thread `json:"thread,omitempty"` // of a reply: its thread, now
}

// Thread is what the message that a thread hangs on shows of it.
type Thread struct {
	MessageID    string     `json:"messageId"`
	RootSenderID string     `json:"rootSenderId"` // who follows it from its first reply on
	Count        int        `json:"threadCount"`
	LastReplyAt  *time.Time `json:"lastReplyAt,omitempty"`
	LastRepliers []Person   `json:"lastRepliers"`
}

// MessageEdited tells what a message says now.
type MessageEdited struct {
	ChannelID       string       `json:"channelId"`
	EventSeq        int64        `json:"eventSeq"`
	MessageID       string       `json:"messageId"`
	Body            string       `json:"message"`
	Mentions        []string     `json:"mentions"`
	Mentioned       []Person     `json:"mentioned"`
	MentionsChannel bool         `json:"mentionsChannel"`
	LinkPreview     *LinkPreview `json:"linkPreview,omitempty"`
	Edited          bool         `json:"isEdited"` // false when only a preview of its link came
	EditedAt        *time.Time   `json:"editedAt,omitempty"`
	Revision        int          `json:"revision"`
}

// MessageDeleted tells that a message has lost its words; its place stays.
type MessageDeleted struct {
	ChannelID string    `json:"channelId"`
	EventSeq  int64     `json:"eventSeq"`
	MessageID string    `json:"messageId"`
	Seq       int64     `json:"seq"`
	SenderID  string    `json:"senderId"`
	ParentID  string    `json:"parentMessageId,omitempty"`
	DeletedBy string    `json:"deletedBy"`
	DeletedAt time.Time `json:"deletedAt"`
	Thread    *Thread   `json:"thread,omitempty"` // of a reply: its thread, now
}

// ReactionChanged is the payload of "reactionAdded" and "reactionRemoved".
type ReactionChanged struct {
	ChannelID string    `json:"channelId"`
	EventSeq  int64     `json:"eventSeq"`
	MessageID string    `json:"messageId"`
	Emoji     string    `json:"emoji"`
	UserID    string    `json:"userId"`
	CreatedAt time.Time `json:"createdAt"`
}

// DeletedPush is the push that tells that a message has lost its words.
func DeletedPush(m Message, eventSeq int64, by string, at time.Time, thread *Thread) MessageDeleted {
	return MessageDeleted{
		ChannelID: m.ChannelID, EventSeq: eventSeq, MessageID: m.ID, Seq: m.Seq, SenderID: m.Sender.ID, ParentID: m.ParentID,
		DeletedBy: by, DeletedAt: at, Thread: thread,
	}
}

// MessagePinned tells that a message was pinned, or no longer is.
type MessagePinned struct {
	ChannelID string     `json:"channelId"`
	EventSeq  int64      `json:"eventSeq"`
	MessageID string     `json:"messageId"`
	Pinned    bool       `json:"isPinned"`
	PinnedBy  string     `json:"pinnedBy,omitempty"`
	PinnedAt  *time.Time `json:"pinnedAt,omitempty"`
}

// Mention tells a user's devices that somebody named them.
type Mention struct {
	MessageID string `json:"messageId"`
	ChannelID string `json:"channelId"`
	Seq       int64  `json:"seq"`
	SenderID  string `json:"senderId"`
	Message   string `json:"message"` // its first 100 characters
}

// ChannelAdded tells a user's devices that they are a member of one more channel.
type ChannelAdded struct {
	Channel Channel `json:"channel"`
}

// UserStanding tells the nodes whether a user is active.
type UserStanding struct {
	UserID string `json:"userId"`
	Active bool   `json:"isActive"`
}

// ChannelRemoved tells a user's devices that they no longer are.
type ChannelRemoved struct {
	ChannelID string `json:"channelId"`
}

// ChannelUpdated tells what a channel is now.
type ChannelUpdated struct {
	ChannelID   string `json:"channelId"`
	EventSeq    int64  `json:"eventSeq"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Avatar      string `json:"avatar"`
	Private     bool   `json:"is_private"`
	Archived    bool   `json:"isArchived"`
	ReadOnly    bool   `json:"isReadOnly"`
	SlowMode    int    `json:"slowModeSeconds"`

	Project ProjectContext `json:"project,omitzero"` // that the channel belongs to, if any
}

// UpdatedPush is the push that tells what a channel is now.
func UpdatedPush(ch Channel, eventSeq int64) ChannelUpdated {
	push := ChannelUpdated{
		ChannelID: ch.ID, EventSeq: eventSeq, Name: ch.Name, Description: ch.Description, Avatar: ch.Avatar, Private: ch.Private,
		Archived: ch.Archived, ReadOnly: ch.ReadOnly, SlowMode: ch.SlowMode,
	}
	if ch.Project != nil {
		push.Project = *ch.Project
	}
	return push
}

// ChannelTurned tells whether a direct message is internal now, which changes with its people.
type ChannelTurned struct {
	ChannelID string `json:"channelId"`
	EventSeq  int64  `json:"eventSeq"`
	Internal  bool   `json:"isInternal"`
}

// MembersAdded tells a channel of its new members. Without More it names all of them.
type MembersAdded struct {
	ChannelID        string   `json:"channelId"`
	EventSeq         int64    `json:"eventSeq"`
	Members          []Member `json:"members"`
	More             bool     `json:"hasMore,omitempty"` // others were added too
	ParticipantCount int      `json:"participantCount"`
}

// MemberRemoved tells a channel that somebody is no longer in it.
type MemberRemoved struct {
	ChannelID        string `json:"channelId"`
	EventSeq         int64  `json:"eventSeq"`
	UserID           string `json:"userId"`
	OwnerID          string `json:"ownerId,omitempty"` // who became the owner by this
	ParticipantCount int    `json:"participantCount"`
}

// MemberUpdated tells a channel of a member's role, and until when they are silenced.
type MemberUpdated struct {
	ChannelID     string     `json:"channelId"`
	EventSeq      int64      `json:"eventSeq"`
	UserID        string     `json:"userId"`
	Role          MemberRole `json:"role"`
	SilencedUntil *time.Time `json:"silencedUntil,omitempty"`
}
