package call

import (
	"context"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// Page sizes of the list of calls.
const (
	defaultPage = 20
	maxPage     = 100
)

// Active returns the call that is going on in a channel. The caller has checked that the channel may be read.
func (s *Service) Active(channelID string) (Active, bool) {
	s.mu.Lock()
	l := s.byChannel[channelID]
	s.mu.Unlock()
	if l == nil {
		return Active{}, false
	}
	return l.active(), true
}

// History lists the calls of the user's channels, newest first.
func (s *Service) History(ctx context.Context, who auth.Identity, q ListQuery) (calls []Call, hasMore bool, err error) {
	if q.ChannelID != "" && !id.Valid(q.ChannelID) || q.Before != "" && !id.Valid(q.Before) {
		return nil, false, fault.New(fault.Invalid, "bad_request", "channelId and before are ids of 24 hex characters.")
	}
	if q.Limit < 0 || q.Limit > maxPage {
		return nil, false, fault.Newf(fault.Invalid, "bad_request", "limit is 1 to %d.", maxPage).With("field", "limit")
	}
	if q.Limit == 0 {
		q.Limit = defaultPage
	}
	q.UserID, q.Internal = who.UserID, who.Internal
	calls, hasMore, err = s.cfg.Store.List(ctx, q)
	for i := range calls {
		if newer, ok := s.records.waiting(calls[i].ID); ok {
			calls[i] = newer
		}
	}
	return calls, hasMore, err
}

// Get returns one call of a channel that the user is a member of.
func (s *Service) Get(ctx context.Context, who auth.Identity, callID string) (Call, error) {
	if !id.Valid(callID) {
		return Call{}, ErrNoCall
	}
	c, waiting := s.records.waiting(callID)
	if !waiting {
		var err error
		if c, err = s.cfg.Store.Get(ctx, callID); err != nil {
			return Call{}, err
		}
	}
	_, err := s.cfg.Channels.CallAudience(ctx, who, c.ChannelID, false)
	switch {
	case err == nil, fault.KindOf(err) == fault.Forbidden: // an archived channel's calls can still be read
		return c, nil
	case fault.KindOf(err) == fault.NotFound:
		return Call{}, ErrNoCall
	}
	return Call{}, err
}
