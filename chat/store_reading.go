package chat

import (
	"context"
	"time"
)

// ReadingStore is the part of a Store that keeps what is each user's own: what they have read, want to be told, have begun
// to write and have put aside.
type ReadingStore interface {
	// Standings gives the user's standing in the given channels of theirs, or in all with nil.
	Standings(ctx context.Context, userID string, channelIDs []string) (map[string]Standing, error)
	// MarkRead moves the user's cursor up to a seq, but not beyond the channel's last one; down only with back. changed is
	// false when it stood there or further.
	MarkRead(ctx context.Context, channelID, userID string, seq int64, back bool) (readSeq int64, changed bool, err error)
	// MarkThreadRead moves it up in a thread that the user follows.
	MarkThreadRead(ctx context.Context, rootID, userID string, seq int64) (changed bool, err error)
	// Reads lists up to where each member has read, at most limit of them.
	Reads(ctx context.Context, channelID string, limit int) ([]ReadCursor, error)
	// LastSeqOf gives the highest number among messages of the channel; 0 when none of the ids is there.
	LastSeqOf(ctx context.Context, channelID string, messageIDs []string) (int64, error)
	// SetNotifyLevel says what the user wants to be told of a channel.
	SetNotifyLevel(ctx context.Context, channelID, userID string, level NotifyLevel) error
	// ArchiveDM puts a direct message away for one of its people until the next message, or brings it back; changed is false
	// when it was so already.
	ArchiveDM(ctx context.Context, channelID, userID string, on bool) (changed bool, err error)

	// SaveDraft keeps a text that is not sent yet, or forgets it when it is empty. ErrTooManyDrafts over limit.
	SaveDraft(ctx context.Context, userID string, d DraftText, limit int) (DraftText, error)
	// Drafts lists a user's drafts in channels that they are in.
	Drafts(ctx context.Context, userID string) ([]DraftText, error)
	// SaveMessage puts a message aside, or no longer.
	SaveMessage(ctx context.Context, userID, messageID string, on bool) error
	// Saved lists what the user put aside and may still read, the last put aside first, before a time (zero for now).
	Saved(ctx context.Context, userID string, before time.Time, limit int) ([]SavedMessage, error)
	// FollowedThreads lists threads that the user follows, those in which something was written last first.
	FollowedThreads(ctx context.Context, userID string, limit int) ([]FollowedThread, error)
}

// NotifyLevel is what a member wants to be told of a channel.
type NotifyLevel string

// Levels.
const (
	NotifyAll      NotifyLevel = "all"
	NotifyMentions NotifyLevel = "mentions"
	NotifyNone     NotifyLevel = "none"
)

// MaxCount is where counting of unread messages ends: a badge of 100 means "99+".
const MaxCount = 100

// Standing is how a user stands in a channel.
type Standing struct {
	Role        MemberRole  `json:"role"`
	ReadSeq     int64       `json:"readSeq"`
	Unread      int         `json:"unread"`   // messages of others after it, replies in threads left out; MaxCount at most
	Mentions    int         `json:"mentions"` // of those and of replies: where the user is named; MaxCount at most
	NotifyLevel NotifyLevel `json:"notifyLevel"`
	Archived    bool        `json:"isArchived,omitempty"` // a direct message that the user has put away, until the next message
}

// ReadCursor is up to where a member has read.
type ReadCursor struct {
	UserID  string `json:"userId"`
	ReadSeq int64  `json:"readSeq"`
}

// DraftText is a text that is not sent yet.
type DraftText struct {
	ChannelID string    `json:"channelId"`
	ParentID  string    `json:"parentMessageId,omitempty"`
	Body      string    `json:"message"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// SavedMessage is a message that a user put aside.
type SavedMessage struct {
	Message Message   `json:"message"`
	SavedAt time.Time `json:"savedAt"`
}

// FollowedThread is a thread that a user follows.
type FollowedThread struct {
	Root   Message `json:"root"`
	Unread int     `json:"unread"` // replies of others that the user has not read; MaxCount at most
	// ReadSeq is up to where the user has read it.
	ReadSeq int64 `json:"readSeq"`
	// LastSeq is of the latest reply that Unread knows of; 0 without replies.
	LastSeq int64 `json:"lastSeq"`
}
