package call

import (
	"context"
	"sort"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// StartRequest asks for a call in a channel.
type StartRequest struct {
	ChannelID string
	Type      Type
	Ring      []string // user ids to ring; empty for every other member. Whoever is no member is not rung.
}

// Start begins a call in the channel and rings its members, or returns the call that is going on there already. Nobody
// has a seat in it yet: the caller joins like everyone else, and a call that nobody joins ends by itself.
func (s *Service) Start(ctx context.Context, who auth.Identity, r StartRequest) (callID string, existing bool, err error) {
	if r.Type != Voice && r.Type != Video {
		return "", false, fault.New(fault.Invalid, "bad_request", `callType is "voice" or "video".`).With("field", "callType")
	}
	if len(r.Ring) > s.limits.Participants {
		return "", false, fault.Newf(fault.Invalid, "bad_request", "participantIds names at most %d people.", s.limits.Participants).
			With("field", "participantIds")
	}
	users, err := s.cfg.Channels.CallAudience(ctx, who, r.ChannelID, true)
	if err != nil {
		return "", false, err
	}
	l, existing := s.register(r, who, users)
	if existing {
		return l.id, true, nil
	}
	l.change(func() []func() {
		if l.ended { // somebody has found it, come and gone already
			return nil
		}
		s.records.put(l.recordLocked())
		return append(s.ringLocked(l), s.tellCount(l, l.activeLocked()))
	})
	return l.id, false, nil
}

func (s *Service) register(r StartRequest, who auth.Identity, users []string) (l *live, existing bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.byChannel[r.ChannelID]; l != nil {
		return l, true
	}
	callID := id.New()
	l = newLive(callID, r, who, users, s.now().UTC(), s.cfg.Media.NewRoom(callID))
	l.room.Observe(&ear{service: s, call: l})
	l.deaf = s.cfg.Channels.OnLeft(l.channelID, func(userID string) { s.leavers.put(leaver{l.channelID, userID}) })
	s.calls[l.id] = l
	s.byChannel[l.channelID] = l
	return l, false
}

func (s *Service) ringLocked(l *live) []func() {
	var events []func()
	for _, userID := range sortedKeys(l.ringing) {
		events = append(events, s.tellUser(userID, EventIncomingCall, l.incoming()))
	}
	return events
}

func (l *live) incoming() Incoming {
	return Incoming{
		CallID: l.id, ChannelID: l.channelID, Type: l.callType,
		InitiatorID: l.initiator.UserID, InitiatorName: l.initiator.Name, StartedAt: l.startedAt,
	}
}

// Ringing lists the calls that ring for a user now, for a device that has just connected.
func (s *Service) Ringing(userID string) (calls []Incoming) {
	for _, l := range s.snapshot() {
		if l.rings(userID) {
			calls = append(calls, l.incoming())
		}
	}
	return calls
}

func (l *live) rings(userID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ringing[userID]
}

func sortedKeys(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Reject stops the ringing at a user's devices. When everybody who was rung has declined and only the caller is there,
// the call is over.
func (s *Service) Reject(ctx context.Context, who auth.Identity, callID string) error {
	l, err := s.findFor(ctx, who, callID)
	if err != nil {
		return err
	}
	if _, err := s.audience(ctx, who, l); err != nil {
		return err
	}
	over := false
	l.change(func() []func() {
		if !l.ringing[who.UserID] {
			return nil
		}
		delete(l.ringing, who.UserID)
		over = len(l.ringing) == 0 && !l.rung && !l.company
		l.rejected = l.rejected || over
		answered := callAnswered{CallID: l.id, ChannelID: l.channelID, UserID: who.UserID}
		return []func(){
			s.tellUser(who.UserID, EventCallRejected, answered),
			s.tellCall(l, EventCallRejected, answered),
		}
	})
	if over {
		s.end(l)
	}
	return nil
}

// missLocked ends the ringing of those who did not answer.
func (s *Service) missLocked(l *live) []func() {
	var events []func()
	missed := callMissed{CallID: l.id, ChannelID: l.channelID, InitiatorID: l.initiator.UserID, InitiatorName: l.initiator.Name}
	for _, userID := range sortedKeys(l.ringing) {
		events = append(events, s.tellUser(userID, EventCallMissed, missed))
	}
	l.ringing, l.rung = nil, true
	return events
}

// expire ends what has waited too long: ringing, seats that were lost, calls.
func (s *Service) expire(now time.Time) {
	for _, l := range s.snapshot() {
		gone := make(map[string]LeaveReason)
		over := false
		l.change(func() (events []func()) {
			if !l.rung && now.Sub(l.startedAt) >= s.limits.Ring {
				events = s.missLocked(l)
				over = !l.company && len(l.audience) <= 2 // a DM that nobody took
			}
			over = over || now.Sub(l.startedAt) >= s.limits.Duration || (l.rung && len(l.seats) == 0)
			for _, st := range l.seats {
				if st.late(now, s.limits.Doubt) {
					events = append(events, s.tellMediaLocked(l, st)...) // its socket is asked, too
				}
				if reason, lost := st.lost(now, s.limits.Grace); lost {
					gone[st.ID] = reason
				}
			}
			return events
		})
		for participantID, reason := range gone {
			s.leave(l, participantID, reason)
		}
		if over {
			s.end(l)
		}
	}
}
