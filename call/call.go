// Package call is a call's life: it rings, people take seats, media flows through a room of the SFU, people leave, and
// what happened is recorded.
package call

import (
	"time"

	"github.com/digierapro/parley/internal/fault"
)

// Type of a call: whether cameras are wanted at the start.
type Type string

// Types of calls.
const (
	Voice Type = "voice"
	Video Type = "video"
)

// Status is where a call is in its life.
type Status string

// A call is Ongoing from its start; the others are final.
const (
	Ongoing   Status = "ongoing"
	Completed Status = "completed" // somebody talked, or could have
	Missed    Status = "missed"    // nobody but the caller came
	Rejected  Status = "rejected"  // a DM's other side declined
	Failed    Status = "failed"    // the server died under it
)

// Call is one conversation, as it is recorded.
type Call struct {
	ID            string     `json:"_id"`
	ChannelID     string     `json:"channelId"`
	Type          Type       `json:"callType"`
	InitiatorID   string     `json:"initiatorId"`
	Status        Status     `json:"callStatus"`
	Participants  []Record   `json:"participants"`
	StartedAt     time.Time  `json:"startedAt"`
	EndedAt       *time.Time `json:"endedAt,omitempty"`
	TotalDuration *int       `json:"totalDuration,omitempty"` // seconds
	AvgQuality    *int       `json:"avgQuality,omitempty"`    // 0 to 100: (MOS - 1) × 25, over all participants and both ways
	NetworkIssues []string   `json:"networkIssues,omitempty"` // what kept recurring, such as "packet-loss"; sorted
}

// Record is one seat's time in a call; a user who came twice has two.
type Record struct {
	ParticipantID string     `json:"participantId"`
	UserID        string     `json:"userId"`
	JoinedAt      time.Time  `json:"joinedAt"`
	LeftAt        *time.Time `json:"leftAt,omitempty"`
	Duration      *int       `json:"duration,omitempty"` // seconds
}

// Participant is a user's seat in a call that is going on, as the others see it.
type Participant struct {
	ID              string    `json:"participantId"`
	UserID          string    `json:"userId"`
	UserName        string    `json:"userName"`
	AvatarURL       string    `json:"avatarUrl"`
	HasVideo        bool      `json:"hasVideo"`
	IsMuted         bool      `json:"isMuted"`
	IsSharingScreen bool      `json:"isSharingScreen"`
	JoinedAt        time.Time `json:"joinedAt"`
}

// Active is what a channel's page says of the call that is going on in it.
type Active struct {
	CallID           string    `json:"callId"`
	Type             Type      `json:"callType"`
	ParticipantCount int       `json:"participantCount"`
	StartedAt        time.Time `json:"startedAt"`
}

// ErrNoCall: there is no such call, it is over, or the asker may not know of it.
var ErrNoCall = fault.New(fault.NotFound, "call_not_found", "There is no such call, or it has ended.")

// ErrElsewhere: the call is held by another server of this Parley.
var ErrElsewhere = fault.New(fault.Conflict, "call_elsewhere", "This call is held by another server, and can be joined only by those who are connected there.")

func seconds(from, to time.Time) *int {
	n := int(to.Sub(from) / time.Second)
	return &n
}
