package chat

import (
	"context"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/id"
)

// PinRequest asks for a message to be pinned. Without On it is a toggle; see ReactRequest.
type PinRequest struct {
	MessageID string `json:"messageId"`
	On        *bool  `json:"on"`
}

// Pinned answers it.
type Pinned struct {
	Changed
	Pinned bool `json:"isPinned"`
}

// Pin pins a message, or no longer: as a moderator, or as either person of a DM.
func (s *Service) Pin(ctx context.Context, who auth.Identity, r PinRequest) (Pinned, error) {
	p, err := s.message(ctx, who, Pin, r.MessageID)
	if err != nil {
		return Pinned{}, err
	}
	on := !p.Message.Pinned
	if r.On != nil {
		on = *r.On
	}
	change := ctx
	if p.Channel.Type != DM {
		change = Audited(ctx, AuditEntry{ActorID: who.UserID, Action: AuditMessagePinned, ChannelID: p.Channel.ID,
			UserID: p.Message.Sender.ID, MessageID: r.MessageID, Details: map[string]any{"isPinned": on}})
	}
	at, eventSeq, err := s.store.PinMessage(change, Pinning{MessageID: r.MessageID, UserID: who.UserID, On: on, Limit: maxPins})
	if err != nil {
		return Pinned{}, err
	}
	if eventSeq > 0 {
		push := MessagePinned{ChannelID: p.Channel.ID, EventSeq: eventSeq, MessageID: r.MessageID, Pinned: on}
		if on {
			push.PinnedBy, push.PinnedAt = who.UserID, &at
		}
		s.publish(ctx, bus.Channel(p.Channel.ID), EventMessagePinned, push)
	}
	return Pinned{Changed{ChannelID: p.Channel.ID, MessageID: r.MessageID, EventSeq: eventSeq}, on}, nil
}

// Pins lists a channel's pinned messages, the last pinned first.
func (s *Service) Pins(ctx context.Context, who auth.Identity, channelID string) ([]Message, error) {
	if !id.Valid(channelID) {
		return nil, ErrNoChannel
	}
	if _, err := s.access(ctx, who, Read, channelID); err != nil {
		return nil, err
	}
	return s.store.Pins(ctx, channelID, maxPins)
}

// Message returns one message.
func (s *Service) Message(ctx context.Context, who auth.Identity, messageID string) (Message, error) {
	p, err := s.message(ctx, who, Read, messageID)
	return p.Message, err
}

// Revisions lists what a message said before its edits: to everyone who can read it, and the words of a deleted one to
// moderators only.
func (s *Service) Revisions(ctx context.Context, who auth.Identity, messageID string) ([]Revision, error) {
	p, err := s.message(ctx, who, Read, messageID)
	if err != nil {
		return nil, err
	}
	if p.Message.Deleted {
		if err := Can(s.actor(who, p.Member), Moderate, p.Channel); err != nil {
			return nil, err
		}
	}
	return s.store.Revisions(ctx, messageID)
}
