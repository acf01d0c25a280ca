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

// HistoryRequest asks for a page of a channel as a client words it: Before, After and Around are a message's seq or its id; at
// most one of them is given.
type HistoryRequest struct {
	ChannelID string
	Before    string
	After     string
	Around    string
	Limit     int
}

// History returns a page of a channel's messages, oldest first.
func (s *Service) History(ctx context.Context, who auth.Identity, r HistoryRequest) (Page, error) {
	if _, err := s.access(ctx, who, Read, r.ChannelID); err != nil {
		return Page{}, err
	}
	q, err := s.query(ctx, r)
	if err != nil {
		return Page{}, err
	}
	if r.Around != "" {
		return s.around(ctx, q, r.Around)
	}
	return s.store.History(ctx, q)
}

// query checks a request for a page of a channel that the user may read.
func (s *Service) query(ctx context.Context, r HistoryRequest) (q HistoryQuery, err error) {
	given := 0
	for _, bound := range []string{r.Before, r.After, r.Around} {
		if bound != "" {
			given++
		}
	}
	if given > 1 {
		return q, fault.New(fault.Invalid, "bad_request", "Give one of before, after and around.").With("field", "after")
	}
	if r.Limit < 0 || r.Limit > maxPage {
		return q, fault.Newf(fault.Invalid, "bad_request", "limit is 1 to %d.", maxPage).With("field", "limit")
	}
	if r.Limit == 0 {
		r.Limit = defaultPage
	}
	q = HistoryQuery{ChannelID: r.ChannelID, After: -1, Limit: r.Limit}
	if r.After != "" {
		q.After, err = s.position(ctx, r.ChannelID, "after", r.After)
	} else if r.Before != "" {
		q.Before, err = s.position(ctx, r.ChannelID, "before", r.Before)
	}
	return q, err
}

// around returns the page in whose middle a message stands, to jump to it. hasMore is about older ones; whether there are
// newer ones shows by the channel's seq.
func (s *Service) around(ctx context.Context, q HistoryQuery, place string) (Page, error) {
	seq, err := s.position(ctx, q.ChannelID, "around", place)
	if err != nil {
		return Page{}, err
	}
	older := q
	older.Before, older.Limit = seq+1, q.Limit/2+1
	page, err := s.store.History(ctx, older)
	if err != nil {
		return Page{}, err
	}
	newer := q
	if newer.After, newer.Limit = seq, q.Limit-older.Limit; newer.Limit <= 0 {
		return page, nil
	}
	rest, err := s.store.History(ctx, newer)
	if err != nil {
		return Page{}, err
	}
	page.Messages = append(page.Messages, rest.Messages...) // as of the first page's eventSeq: later pushes apply on top
	return page, nil
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
