package chat

import (
	"context"
	"time"
)

// SearchStore is the part of a Store that finds messages by their words.
type SearchStore interface {
	// Search returns a page of hits, the latest first, in channels that the user is a member of at this moment.
	// ErrSearchTooSlow when it takes longer than a search may.
	Search(ctx context.Context, q SearchQuery) (hits []Hit, hasMore bool, err error)
}

// SearchQuery is a checked search.
type SearchQuery struct {
	UserID   string
	Internal bool // the user is of the company

	Words   string     // as typed, folded: quotation marks and "or" mean what they do on the web
	Last    string     // the last of them, when it may be only the beginning of one
	Without string     // words that a message must not hold, with "or" between them
	Parts   [][]string // texts that all stand anywhere, also within words, or those of another list do; instead of Words
	NoParts []string   // texts that stand nowhere
	Filter  SearchFilter

	Before SearchPlace // zero for the newest
	Limit  int
}

// SearchFilter narrows a search; what is zero does not.
type SearchFilter struct {
	ChannelID string
	SenderID  string
	ParentID  string // replies in this thread
	FileType  string // image, video, audio, or a whole media type
	HasFile   bool
	HasLink   bool
	Pinned    bool
	InThread  bool      // replies of any thread
	From, To  time.Time // From is included, To is not
}

// SearchPlace is where a page ends.
type SearchPlace struct {
	At        time.Time
	MessageID string
}

// Hit is a message that was found, with copies of its folded text in which matches stand between marks.
type Hit struct {
	Message Message
	Marked  []string
}
