package call

import (
	"context"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

// errNotInCall: the socket has no seat in the call that it speaks of.
var errNotInCall = fault.New(fault.Forbidden, "not_in_call", "You are not in this call. Join it first.")

// certificateChanged is the code of the transport's refusal of an offer that comes from another connection of the client.
const certificateChanged = "certificate_changed"

// Offer negotiates the participant's media: the client's offer in, the server's answer out. A client whose connection
// has failed, or that began a new one, offers on the same seat.
func (s *Service) Offer(ctx context.Context, who auth.Identity, held Seat, sdp string, tracks []sfu.Track) (answer string, err error) {
	l, peer, err := s.at(who, held)
	if err != nil {
		return "", err
	}
	if !l.over(held.ParticipantID) {
		answer, err = peer.Offer(ctx, sdp, tracks)
		if err == nil || fault.From(err).Code != certificateChanged {
			return answer, err
		}
	}
	if peer, err = s.renew(l, held.ParticipantID, peer); err != nil {
		return "", err
	}
	return peer.Offer(ctx, sdp, tracks)
}

// renew gives the seat a new peer in place of one whose transport is of no more use.
func (s *Service) renew(l *live, participantID string, old *sfu.Peer) (*sfu.Peer, error) {
	old.Close()
	o := &observer{service: s, call: l, participantID: participantID}
	fresh, err := l.room.Join(participantID, o)
	if err != nil {
		return nil, err
	}
	state, seated := l.replace(participantID, fresh, o, s.now())
	if !seated { // they left while we were at it
		fresh.Close()
		return nil, errNotInCall
	}
	fresh.SetMuted(sfu.Microphone, state.IsMuted)
	fresh.SetMuted(sfu.Camera, !state.HasVideo)
	return fresh, nil
}

// over tells whether the seat's transport is of no more use: it has failed, or the client has closed its end.
func (l *live) over(participantID string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.seatLocked(participantID)
	return st != nil && st.media >= transport.Failed
}

func (l *live) replace(participantID string, peer *sfu.Peer, o *observer, now time.Time) (state Participant, seated bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.seatLocked(participantID)
	if st == nil {
		return Participant{}, false
	}
	st.peer, st.observer, st.media, st.demand = peer, o, transport.Connecting, nil
	st.begun, st.doubted = now, false
	return st.Participant, true
}

// Candidate takes one of the client's ICE candidates.
func (s *Service) Candidate(who auth.Identity, held Seat, candidate string) error {
	_, peer, err := s.at(who, held)
	if err != nil {
		return err
	}
	return peer.AddCandidate(candidate)
}

// SetView says what the client shows; what is not listed is not sent.
func (s *Service) SetView(who auth.Identity, held Seat, views []sfu.View) error {
	_, peer, err := s.at(who, held)
	if err != nil {
		return err
	}
	return peer.SetViews(views)
}

// ToggleVideo tells the others whether the participant's camera is on. While it is off nothing of it is forwarded.
func (s *Service) ToggleVideo(who auth.Identity, held Seat, on bool) error {
	return s.toggle(who, held, !on, []sfu.Source{sfu.Camera}, EventParticipantVideoToggled, func(st *seat) toggled {
		st.HasVideo = on
		return toggled{HasVideo: &on}
	})
}

// ToggleMute tells the others whether the participant's microphone is off. While it is, nothing of it is forwarded.
func (s *Service) ToggleMute(who auth.Identity, held Seat, muted bool) error {
	return s.toggle(who, held, muted, []sfu.Source{sfu.Microphone}, EventParticipantMuteToggled, func(st *seat) toggled {
		st.IsMuted = muted
		return toggled{IsMuted: &muted}
	})
}

// ToggleScreen tells the others whether the participant shares a screen. While not, nothing of it is forwarded.
func (s *Service) ToggleScreen(who auth.Identity, held Seat, on bool) error {
	sources := []sfu.Source{sfu.Screen, sfu.ScreenAudio}
	return s.toggle(who, held, !on, sources, EventParticipantScreenToggled, func(st *seat) toggled {
		st.IsSharingScreen = on
		return toggled{IsSharingScreen: &on}
	})
}

// toggle stops or resumes the forwarding of some sources, notes it at the seat by set, and tells the call.
func (s *Service) toggle(who auth.Identity, held Seat, muted bool, sources []sfu.Source, event string, set func(*seat) toggled) error {
	l, peer, err := s.at(who, held)
	if err != nil {
		return err
	}
	for _, source := range sources {
		peer.SetMuted(source, muted)
	}
	l.change(func() []func() {
		st := l.seatLocked(held.ParticipantID)
		if st == nil {
			return nil
		}
		payload := set(st)
		payload.CallID, payload.ParticipantID, payload.UserID = l.id, st.ID, st.UserID
		return []func(){s.tellCall(l, event, payload)}
	})
	return nil
}

// at finds a seat's call and peer, and checks that the seat is the user's and held by the socket that asks.
func (s *Service) at(who auth.Identity, held Seat) (*live, *sfu.Peer, error) {
	l, err := s.find(held.CallID)
	if err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.seatLocked(held.ParticipantID)
	if st == nil || st.UserID != who.UserID || st.attachment != held.Attachment {
		return nil, nil, errNotInCall
	}
	return l, st.peer, nil
}
