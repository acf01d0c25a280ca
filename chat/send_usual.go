package chat

import (
	"context"
	"errors"
	"strings"

	"github.com/digierapro/parley/internal/auth"
)

// ErrNotUsual says that a send needs more than the short way.
var ErrNotUsual = errors.New("chat: not a usual send")

// usualPlace is what the channel and the membership are like in almost every send: the channel is not archived, not
// read-only and not in slow mode; its writer is a member who is not silenced and, in a DM, not blocked. Those who hear more
// than that of a channel may write there, too.
func usualPlace() (Channel, *Member) {
	return Channel{Type: Project, Internal: true}, &Member{Role: PlainMember}
}

// sendUsual sends with one request of the store, which writes only if the place is as usual; so Can decides before anything
// is known of the place. Clients of the company, and texts that name somebody, quote, or may have to be filtered, take the
// long way.
func (s *Service) sendUsual(ctx context.Context, who auth.Identity, out Outgoing, messageID string) (Receipt, error) {
	if !who.Internal || out.ParentID != "" || out.QuoteID != "" || out.later || len(out.Mentions) > 0 || strings.Contains(out.Body, "@") {
		return Receipt{}, ErrNotUsual
	}
	if filters, err := s.filters(ctx); err != nil || len(filters) > 0 {
		return Receipt{}, ErrNotUsual
	}
	ch, member := usualPlace()
	if Can(s.actor(who, member), Write, ch) != nil {
		return Receipt{}, ErrNotUsual
	}
	d := out.draft(messageID, who)
	a, err := s.store.AppendUsual(ctx, d)
	if errors.Is(err, ErrNotUsual) {
		return Receipt{}, err
	}
	return s.written(ctx, d, nil, a, err)
}
