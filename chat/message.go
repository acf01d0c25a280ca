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
	System MessageType = "system" // written by Parley itself
)

// Message is one entry in a channel; Seq is its place in the order there.
type Message struct {
	ID          string            `json:"_id"`
	ChannelID   string            `json:"channelId"`
	Seq         int64             `json:"seq"`
	ClientID    string            `json:"clientId"` // the sender's own id for this send, which makes a retry harmless
	Sender      Person            `json:"senderId"`
	SenderModel string            `json:"senderModel"` // "User" or "Client"
	Body        string            `json:"message"`
	Type        MessageType       `json:"messageType"`
	Attachments []json.RawMessage `json:"attachments"`
	ThreadCount int               `json:"threadCount"`
	Reactions   []json.RawMessage `json:"reactions"`
	Mentions    []string          `json:"mentions"`
	Pinned      bool              `json:"isPinned"`
	Edited      bool              `json:"isEdited"`
	Deleted     bool              `json:"isDeleted"`
	CreatedAt   time.Time         `json:"createdAt"`
	UpdatedAt   time.Time         `json:"updatedAt"`
}

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
}
