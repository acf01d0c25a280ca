package chat

import (
	"time"

	"github.com/digierapro/parley/internal/auth"
)

// ChannelType says what a channel is for, and with it where its members come from.
type ChannelType string

// Types of channels.
const (
	DM         ChannelType = "dm"         // exactly two members, one channel a pair
	General    ChannelType = "general"    // every internal user
	Project    ChannelType = "project"    // the team of a CRM project
	Department ChannelType = "department" // the users of a department
)

// Channel is a place to talk.
type Channel struct {
	ID          string      `json:"_id"`
	Name        string      `json:"name"` // empty for a DM, which the page names after the other person
	Description string      `json:"description"`
	Type        ChannelType `json:"channelType"`
	Private     bool        `json:"is_private"`
	Internal    bool        `json:"isInternal"` // clients are never in, never see and are never told of it
	Archived    bool        `json:"isArchived"` // a DM: by the user who asked, for themselves
	ReadOnly    bool        `json:"isReadOnly"`
	SlowMode    int         `json:"slowModeSeconds"`  // between two messages of one member; 0 for none
	Avatar      string      `json:"avatar,omitempty"` // a picture's URL

	ProjectID    string `json:"projectId,omitempty"`    // of the CRM's project that it belongs to
	DepartmentID string `json:"departmentId,omitempty"` // of the department

	Project *ProjectContext `json:"project,omitempty"`

	// Participants are all members of a DM; for larger channels they are asked for by themselves.
	Participants     []Member `json:"participants"`
	ParticipantCount int      `json:"participantCount"`

	Seq           int64        `json:"seq"`      // of the last message
	EventSeq      int64        `json:"eventSeq"` // of the last change
	MessageCount  int64        `json:"messageCount"`
	LastMessageAt *time.Time   `json:"lastMessageAt,omitempty"`
	LastMessage   *LastMessage `json:"lastMessage,omitempty"`

	Me *Standing `json:"me,omitempty"` // of the user who asked

	CreatedBy string    `json:"createdBy"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// KnownTo tells whether somebody who is in the channel may know of it: by their token one may be from outside, and by the
// directory in an internal one.
func (ch Channel) KnownTo(who auth.Identity) bool { return who.Internal || !ch.Internal }

// ProjectContext is what a project's channel shows of the project.
type ProjectContext struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	URL      string `json:"url,omitempty"` // where the CRM shows it
	Status   string `json:"status,omitempty"`
	Finished bool   `json:"isFinished"`
}

// LastMessage is what a channel list shows under a channel's name.
type LastMessage struct {
	ID         string    `json:"_id"`
	SenderID   string    `json:"senderId"`
	SenderName string    `json:"senderName"`
	Message    string    `json:"message"` // its first 140 characters
	CreatedAt  time.Time `json:"createdAt"`
}
