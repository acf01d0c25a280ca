package chat

import (
	"context"
	"strconv"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// Page sizes of a history.
const (
	defaultPage = 50
	maxPage     = 100
)

// HistoryRequest asks for a page of a channel as a client words it: Before and After are a message's seq or its id.
type HistoryRequest struct {
	ChannelID string
	Before    string
	After     string
	Limit     int
}

// History returns a page of a channel's messages, oldest first.
func (s *Service) History(ctx context.Context, who auth.Identity, r HistoryRequest) (Page, error) {
	if !id.Valid(r.ChannelID) {
		return Page{}, ErrNoChannel
	}
	if r.Before != "" && r.After != "" {
		return Page{}, fault.New(fault.Invalid, "bad_request", "Give before or after, not both.").With("field", "after")
	}
	if r.Limit < 0 || r.Limit > maxPage {
		return Page{}, fault.Newf(fault.Invalid, "bad_request", "limit is 1 to %d.", maxPage).With("field", "limit")
	}
	if r.Limit == 0 {
		r.Limit = defaultPage
	}
	if _, err := s.access(ctx, who, Read, r.ChannelID); err != nil {
		return Page{}, err
	}
	q := HistoryQuery{ChannelID: r.ChannelID, After: -1, Limit: r.Limit}
	var err error
	if r.After != "" {
		q.After, err = s.position(ctx, r.ChannelID, "after", r.After)
	} else if r.Before != "" {
		q.Before, err = s.position(ctx, r.ChannelID, "before", r.Before)
	}
	if err != nil {
		return Page{}, err
	}
	return s.store.History(ctx, q)
}

// position turns a seq or a message's id into a seq.
func (s *Service) position(ctx context.Context, channelID, field, text string) (int64, error) {
	if id.Valid(text) {
		seq, err := s.store.SeqOf(ctx, channelID, text)
		if err == nil && seq == 0 {
			err = fault.New(fault.NotFound, "message_not_found", "There is no such message in this channel.").With("field", field)
		}
		return seq, err
	}
	seq, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seq < 0 || (field == "before" && seq == 0) {
		return 0, fault.Newf(fault.Invalid, "bad_request", "%s is a message's seq or its id.", field).With("field", field)
	}
	return seq, nil
}
