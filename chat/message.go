package chat

import (
	"encoding/json"
	"time"
)

// MaxMessageLength is the longest message, in characters.
const MaxMessageLength = 10000

// MessageType says how a message is shown.
type MessageType string

// Types of messages. A thin client may show any of them as text.
const (
	Text   MessageType = "text"
	System MessageType = "system" // written by Parley itself; counts nowhere as unread
)

// Message is one entry in a channel; Seq is its place in the order there. A reply in a thread has its place there too.
type Message struct {
	ID          string            `json:"_id"`
	ChannelID   string            `json:"channelId"`
	Seq         int64             `json:"seq"`
	ClientID    string            `json:"clientId"` // the sender's own id for this send, which makes a retry harmless
	Sender      Person            `json:"senderId"`
	SenderModel string            `json:"senderModel"` // "User" or "Client"
	Body        string            `json:"message"`     // Markdown; empty once deleted
	Type        MessageType       `json:"messageType"`
	Attachments []json.RawMessage `json:"attachments"`

	ParentID     string     `json:"parentMessageId,omitempty"` // of a reply: the message that the thread hangs on
	ThreadCount  int        `json:"threadCount"`               // replies that are not deleted
	LastReplyAt  *time.Time `json:"lastReplyAt,omitempty"`
	LastRepliers []Person   `json:"lastRepliers"` // at most 5, the latest first

	Reactions       []Reaction   `json:"reactions"`
	Mentions        []string     `json:"mentions"`  // user ids
	Mentioned       []Person     `json:"mentioned"` // the same people, for showing
	MentionsChannel bool         `json:"mentionsChannel"`
	LinkPreview     *LinkPreview `json:"linkPreview,omitempty"`
	Quote           *Quote       `json:"quote,omitempty"`
	System          *SystemNote  `json:"system,omitempty"`

	Pinned    bool       `json:"isPinned"`
	PinnedAt  *time.Time `json:"pinnedAt,omitempty"`
	PinnedBy  string     `json:"pinnedBy,omitempty"`
	Edited    bool       `json:"isEdited"`
	EditedAt  *time.Time `json:"editedAt,omitempty"`
	Revision  int        `json:"revision"` // counts the edits
	Deleted   bool       `json:"isDeleted"`
	DeletedAt *time.Time `json:"deletedAt,omitempty"`
	DeletedBy string     `json:"deletedBy,omitempty"`
	CreatedAt time.Time  `json:"createdAt"`
	UpdatedAt time.Time  `json:"updatedAt"`
}

// Reaction is one person's emoji under a message.
type Reaction struct {
	Emoji     string    `json:"emoji"`
	UserID    string    `json:"userId"`
	CreatedAt time.Time `json:"createdAt"`
}

// LinkPreview is what a page that a message links to says of itself.
type LinkPreview struct {
	URL         string `json:"url"`
	Title       string `json:"title"`
	Description string `json:"description"`
	SiteName    string `json:"siteName,omitempty"`

	Image       string `json:"image,omitempty"`      // the path that gives a link to its picture; "" when there is none
	ImageWidth  int    `json:"imageWidth,omitempty"` // in pixels
	ImageHeight int    `json:"imageHeight,omitempty"`
	ImageAlt    string `json:"imageAlt,omitempty"` // what is seen there, in the page's words

	Picture string `json:"-"` // the key that it is kept under, which is nobody else's business
}

// WithPicture returns the preview of a message with its picture, by the key that it is kept under.
func (p LinkPreview) WithPicture(messageID, key string) LinkPreview {
	p.Picture, p.Image = key, "/api/communications/"+messageID+"/preview-image"
	return p
}

// WithoutPicture returns it without one.
func (p LinkPreview) WithoutPicture() LinkPreview {
	return LinkPreview{URL: p.URL, Title: p.Title, Description: p.Description, SiteName: p.SiteName}
}

// Quote is another message that this one quotes or forwards, as it was then.
type Quote struct {
	MessageID string    `json:"messageId"`
	ChannelID string    `json:"channelId"`
	Sender    Person    `json:"senderId"`
	Body      string    `json:"message"`
	CreatedAt time.Time `json:"createdAt"`
	Forwarded bool      `json:"isForwarded"` // from another channel, whose readers are others
}

// SystemNote says what happened, for clients that word it themselves; the message's text words it in English.
type SystemNote struct {
	Kind    string   `json:"kind"` // see the constants
	ActorID string   `json:"actorId,omitempty"`
	UserIDs []string `json:"userIds,omitempty"`
	Value   string   `json:"value,omitempty"`
}

// Kinds of system messages.
const (
	NoteMembersAdded  = "members_added"
	NoteMemberRemoved = "member_removed"
	NoteMemberJoined  = "member_joined"
	NoteMemberLeft    = "member_left"
	NoteRenamed       = "channel_renamed"
	NoteArchived      = "channel_archived"
	NoteRestored      = "channel_restored"
	NoteReadOnly      = "channel_read_only"
	NoteWritable      = "channel_writable"
)
