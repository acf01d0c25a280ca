package chat

import (
	"context"
	"time"
)

// ScheduleStore is the part of a Store that keeps messages which are to be sent later, each with the job that sends it.
type ScheduleStore interface {
	// AddScheduled keeps a message to be sent at its SendAt. A second one of the user with the same ClientID changes nothing
	// and returns the first. ErrTooManyScheduled when limit of the user's wait already.
	AddScheduled(ctx context.Context, userID string, m Scheduled, limit int) (Scheduled, error)
	// Scheduled returns one of the user's, or ErrNoScheduled.
	Scheduled(ctx context.Context, userID, id string) (Scheduled, error)
	// ScheduledOf lists the user's that wait, by their times, and then those that have failed, the last first.
	ScheduledOf(ctx context.Context, userID string, limit int) ([]Scheduled, error)
	// ChangeScheduled replaces what will be sent, and when; a failed one waits again. ErrAlreadySent once it is being sent;
	// ErrTooManyScheduled for a failed one when limit of the user's wait already.
	ChangeScheduled(ctx context.Context, userID string, m Scheduled, limit int) (Scheduled, error)
	// CancelScheduled forgets one. ErrAlreadySent once it is being sent.
	CancelScheduled(ctx context.Context, userID, id string) error
	// BeginScheduled returns one whose time has come, with who it is of: from then on nobody changes it. Without an ID
	// there is nothing to send, or not yet.
	BeginScheduled(ctx context.Context, id string) (m Scheduled, of ScheduledSender, err error)
	// EndScheduled notes what came of it.
	EndScheduled(ctx context.Context, m Scheduled) error
}

// ScheduleStatus says how far a scheduled message is.
type ScheduleStatus string

// Statuses.
const (
	ScheduleWaiting   ScheduleStatus = "waiting"
	ScheduleSending   ScheduleStatus = "sending"
	ScheduleSent      ScheduleStatus = "sent"
	ScheduleFailed    ScheduleStatus = "failed"
	ScheduleCancelled ScheduleStatus = "cancelled" // only told, never kept
)

// Scheduled is a message that will be sent later.
type Scheduled struct {
	ID string `json:"_id"`
	Outgoing
	SendAt    time.Time      `json:"sendAt"`
	Status    ScheduleStatus `json:"status"`
	MessageID string         `json:"messageId,omitempty"` // once sent
	Code      string         `json:"code,omitempty"`      // why it failed, as of an answer's
	Error     string         `json:"error,omitempty"`     // the same for people
	CreatedAt time.Time      `json:"createdAt"`
	UpdatedAt time.Time      `json:"updatedAt"`
}

// ScheduledSender is who a scheduled message is of, as known when it is sent.
type ScheduledSender struct {
	User
	Active bool
}
