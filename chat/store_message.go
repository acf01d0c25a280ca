package chat

import (
	"context"
	"time"
)

// MessageStore is the part of a Store that keeps what becomes of messages after they were written. Its changes are one
// transaction each, which numbers the change in the channel's order; one that would change nothing takes no number and
// says so with eventSeq 0.
type MessageStore interface {
	// MessageAccess returns a message, its channel, and the user's membership there: nil when they are no member.
	// ErrNoMessage when there is none.
	MessageAccess(ctx context.Context, messageID, userID string) (MessagePlace, error)
	// EditMessage replaces what a message says and keeps what it said before. With a Revision it is ErrStaleRevision when
	// that is not the message's present one. ErrDeleted for a deleted message. Added are the mentions that are new.
	EditMessage(ctx context.Context, e MessageEdit) (m Message, added []string, eventSeq int64, err error)
	// DeleteMessage takes a message's words away; it stays in its place. They can be read in its revisions.
	DeleteMessage(ctx context.Context, messageID, userID string) (m Message, eventSeq int64, err error)
	// React adds a reaction, or removes it; ErrDeleted, and ErrTooManyReactions over limit distinct emoji.
	React(ctx context.Context, r Reacting) (at time.Time, eventSeq int64, err error)
	// HasReacted tells whether the user's emoji is under the message.
	HasReacted(ctx context.Context, messageID, emoji, userID string) (bool, error)
	// PinMessage pins a message, or no longer; ErrDeleted, and ErrTooManyPins over limit pins in the channel.
	PinMessage(ctx context.Context, p Pinning) (at time.Time, eventSeq int64, err error)
	// Pins lists a channel's pinned messages, the last pinned first.
	Pins(ctx context.Context, channelID string, limit int) ([]Message, error)
	// SetLinkPreview adds a preview to a message; a deleted one, one with another revision and one that has a preview stay.
	// Its picture is the message's from then on, and is removed with the preview; without it when its removal has begun.
	SetLinkPreview(ctx context.Context, messageID string, revision int, p LinkPreview) (m Message, eventSeq int64, err error)
	// PlanPictureRemoval makes the job that removes a picture at a time, unless SetLinkPreview gives it to a message before.
	PlanPictureRemoval(ctx context.Context, key string, at time.Time) error
	// Revisions lists what a message said before, the oldest first.
	Revisions(ctx context.Context, messageID string) ([]Revision, error)
	// Thread returns how a thread stands, with whether the user follows it and up to where they have read it.
	Thread(ctx context.Context, rootID, userID string) (ThreadState, error)
	// Replies returns a page of a thread, as History of a channel.
	Replies(ctx context.Context, rootID string, q HistoryQuery) (Page, error)
	// FollowThread begins or ends following.
	FollowThread(ctx context.Context, rootID, userID string, following bool) error
	// Members returns those of the given users that are in the channel, in order of their ids.
	MembersAmong(ctx context.Context, channelID string, userIDs []string) ([]Person, error)
}

// MessagePlace is a message with what is needed to decide about it.
type MessagePlace struct {
	Message Message
	Channel Channel
	Member  *Member
}

// MessageEdit is a checked edit.
type MessageEdit struct {
	MessageID       string
	EditorID        string
	Body            string
	Mentions        []string
	MentionsChannel bool
	Revision        *int // the one that the editor saw
}

// Reacting is a checked wish to react.
type Reacting struct {
	MessageID string
	UserID    string
	Emoji     string
	On        bool
	Limit     int // distinct emoji under one message
}

// Pinning is a checked wish to pin.
type Pinning struct {
	MessageID string
	UserID    string
	On        bool
	Limit     int // pinned messages in one channel
}

// Revision is what a message said before it was edited or deleted.
type Revision struct {
	Revision int       `json:"revision"`
	Body     string    `json:"message"`
	EditorID string    `json:"editorId"` // who replaced it
	EditedAt time.Time `json:"editedAt"` // when
}

// ThreadState is a thread as one user sees it.
type ThreadState struct {
	Thread
	Following bool  `json:"isFollowing"`
	ReadSeq   int64 `json:"readSeq"`
	LastSeq   int64 `json:"lastSeq"` // of the latest reply
}
