package chat

import (
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/rate"
)

type slowKey struct{ userID, channelID string }

// slowed decides on slow mode, in which a plain member writes once in so many seconds. What was written before is what the
// store says; two at once are told apart by the bucket. undo gives the turn back when nothing was written after all.
func (s *Service) slowed(who auth.Identity, ch Channel, member *Member) (undo func(), err error) {
	nothing := func() {}
	if ch.SlowMode <= 0 || ch.Type == DM || moderates(s.actor(who, member), ch) {
		return nothing, nil
	}
	now, gap, key := s.now(), time.Duration(ch.SlowMode)*time.Second, slowKey{who.UserID, ch.ID}
	var wait time.Duration
	if member.LastSentAt != nil {
		wait = member.LastSentAt.Add(gap).Sub(now)
	}
	if wait <= 0 {
		if wait = s.slow.Take(key, rate.Every(gap, 1), now); wait <= 0 {
			return func() { s.slow.Return(key, now) }, nil
		}
	}
	return nothing, fault.Newf(fault.RateLimited, "slow_mode", "This channel is in slow mode: one message in %d seconds.", ch.SlowMode).
		With("seconds", ch.SlowMode).After(min(wait, gap))
}
