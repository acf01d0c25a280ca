package chat

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

const (
	maxDrafts = 500 // of one user
	maxSaved  = 100 // a page
)

// ErrTooManyDrafts is the refusal of one more draft.
var ErrTooManyDrafts = fault.Newf(fault.TooLarge, "too_many_drafts", "A user has at most %d drafts.", maxDrafts)

// SaveDraft keeps what the user has begun to write, for all their devices; an empty text forgets it.
func (s *Service) SaveDraft(ctx context.Context, who auth.Identity, d DraftText) (DraftText, error) {
	if !storable(d.Body) || utf8.RuneCountInString(d.Body) > MaxMessageLength {
		return DraftText{}, fault.New(fault.Invalid, "bad_request", "A draft is text of at most 10,000 characters.").With("field", "message")
	}
	if _, err := s.access(ctx, who, Read, d.ChannelID); err != nil {
		return DraftText{}, err
	}
	if d.ParentID != "" {
		if p, err := s.message(ctx, who, Read, d.ParentID); err != nil {
			return DraftText{}, err
		} else if p.Channel.ID != d.ChannelID {
			return DraftText{}, ErrNoMessage
		}
	}
	saved, err := s.store.SaveDraft(ctx, who.UserID, d, maxDrafts)
	if err != nil {
		return DraftText{}, err
	}
	s.publishState(ctx, bus.User(who.UserID), EventDraftChanged, d.ChannelID+"/"+d.ParentID, saved)
	return saved, nil
}

// Drafts lists the user's drafts.
func (s *Service) Drafts(ctx context.Context, who auth.Identity) ([]DraftText, error) {
	mayKnow, err := s.mayKnow(ctx, who)
	if err != nil {
		return nil, err
	}
	drafts, err := s.store.Drafts(ctx, who.UserID)
	return slices.DeleteFunc(drafts, func(d DraftText) bool { return !mayKnow(d.ChannelID) }), err
}

// SaveRequest asks for a message to be put aside, or no longer.
type SaveRequest struct {
	MessageID string `json:"messageId"`
	On        bool   `json:"on"`
}

// SaveMessage puts a message aside for later.
func (s *Service) SaveMessage(ctx context.Context, who auth.Identity, r SaveRequest) error {
	if r.On {
		if _, err := s.message(ctx, who, Read, r.MessageID); err != nil {
			return err
		}
	} else if !id.Valid(r.MessageID) {
		return ErrNoMessage
	}
	if err := s.store.SaveMessage(ctx, who.UserID, r.MessageID, r.On); err != nil {
		return err
	}
	s.publishState(ctx, bus.User(who.UserID), EventMessageSaved, r.MessageID, r)
	return nil
}

// Saved lists what the user put aside and may still read.
func (s *Service) Saved(ctx context.Context, who auth.Identity, before time.Time, limit int) ([]SavedMessage, error) {
	if limit <= 0 || limit > maxSaved {
		limit = maxSaved
	}
	mayKnow, err := s.mayKnow(ctx, who)
	if err != nil {
		return nil, err
	}
	saved, err := s.store.Saved(ctx, who.UserID, before, limit)
	return slices.DeleteFunc(saved, func(m SavedMessage) bool { return m.Message.ID == "" || !mayKnow(m.Message.ChannelID) }), err
}
