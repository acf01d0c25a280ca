package call

import (
	"context"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

// LeaveReason says why a seat was given up.
type LeaveReason string

// Reasons to leave.
const (
	LeftByChoice LeaveReason = "left"
	LeftLost     LeaveReason = "disconnected" // neither socket nor media came back in time
	LeftEnded    LeaveReason = "callEnded"
)

// Seat names a participant of a call, and the socket that holds it.
type Seat struct {
	CallID        string
	ParticipantID string
	Attachment    int
}

// JoinRequest asks for a seat; Resume names the seat that the same user had before their socket broke.
type JoinRequest struct {
	CallID   string
	Resume   string
	HasVideo *bool // whether the camera is on from the start; nil: in a video call, yes
	IsMuted  bool  // whether the microphone is off from the start

	// Admitted, if not nil, is called when the user is known to belong in the call and before anybody is told of them: the
	// time to begin to hear the call.
	Admitted func()
}

// Joined is what a new participant begins with.
type Joined struct {
	Seat         Seat
	ChannelID    string
	Type         Type
	Resumed      bool // the old seat with its media connection
	Participants []Participant
}

// Join gives the user a seat in the call, or the one back that they resume. Each socket that joins has a seat of its own.
func (s *Service) Join(ctx context.Context, who auth.Identity, r JoinRequest) (Joined, error) {
	l, err := s.findFor(ctx, who, r.CallID)
	if err != nil {
		return Joined{}, err
	}
	expelled, err := s.audience(ctx, who, l)
	if err != nil {
		return Joined{}, err
	}
	if r.Admitted != nil {
		r.Admitted()
	}
	if j, ok := l.resume(who, r.Resume); ok {
		return j, nil
	}
	st := newSeat(who, expelled, s.now())
	st.IsMuted, st.HasVideo, st.attachment = r.IsMuted, l.callType == Video, 1
	if r.HasVideo != nil {
		st.HasVideo = *r.HasVideo
	}
	return s.take(l, st, func(peer *sfu.Peer) error {
		peer.SetMuted(sfu.Camera, !st.HasVideo)
		return nil
	})
}

func newSeat(who auth.Identity, expelled int, now time.Time) *seat {
	return &seat{expelled: expelled, Participant: Participant{
		ID: id.New(), UserID: who.UserID, UserName: who.Name, AvatarURL: who.AvatarURL, JoinedAt: now.UTC(),
	}}
}

// resume hands a seat to its user's new socket.
func (l *live) resume(who auth.Identity, participantID string) (Joined, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.seatLocked(participantID)
	if st == nil || st.UserID != who.UserID || st.stream != nil || l.ended {
		return Joined{}, false
	}
	st.attachment++
	st.detached = time.Time{}
	return l.joinedLocked(st, true), true
}

func (l *live) joinedLocked(st *seat, resumed bool) Joined {
	return Joined{
		Seat:      Seat{CallID: l.id, ParticipantID: st.ID, Attachment: st.attachment},
		ChannelID: l.channelID, Type: l.callType, Resumed: resumed, Participants: l.othersLocked(st.ID),
	}
}

// take gives a seat its place: first in the media room, which may refuse, then, when it is ready (nil: at once), in the
// call, where the others learn of it.
func (s *Service) take(l *live, st *seat, ready func(*sfu.Peer) error) (joined Joined, err error) {
	st.observer, st.begun = &observer{service: s, call: l, participantID: st.ID}, s.now()
	if st.peer, err = l.room.Join(st.ID, st.observer); err != nil {
		return Joined{}, err
	}
	st.peer.SetMuted(sfu.Microphone, st.IsMuted)
	if ready != nil {
		err = ready(st.peer)
	}
	if err == nil {
		l.change(func() (events []func()) {
			joined, events, err = s.admitLocked(l, st)
			return events
		})
	}
	if err != nil {
		st.peer.Close()
	}
	return joined, err
}

func (s *Service) admitLocked(l *live, st *seat) (Joined, []func(), error) {
	switch {
	case l.ended, l.expelled[st.UserID] != st.expelled: // since they were let in
		return Joined{}, nil, ErrNoCall
	case len(l.seats) >= s.limits.Participants:
		return Joined{}, nil, fault.Newf(fault.Conflict, "call_full", "This call has its %d participants.", s.limits.Participants)
	case l.seatsOfLocked(st.UserID) >= s.limits.Seats:
		return Joined{}, nil, fault.Newf(fault.Conflict, "too_many_seats", "You are in this call %d times already.", s.limits.Seats)
	}
	l.seats, l.byID[st.ID] = append(l.seats, st), st
	l.company = l.company || l.seats[0].UserID != st.UserID
	s.records.put(l.recordLocked())
	events := []func(){
		s.tellCall(l, EventParticipantJoined, participantJoined{CallID: l.id, Participant: st.Participant}),
		s.tellCount(l, l.activeLocked()),
	}
	if st.stream != nil {
		events = append(events, s.tellSlotsWithLocked(l, st.ID)...) // a stream's media comes before its seat
	}
	if l.ringing[st.UserID] {
		delete(l.ringing, st.UserID)
		events = append(events, s.tellUser(st.UserID, EventCallAccepted, callAnswered{CallID: l.id, ChannelID: l.channelID, UserID: st.UserID}))
	}
	return l.joinedLocked(st, false), events, nil
}

// Leave gives a seat up.
func (s *Service) Leave(seat Seat) error {
	l, err := s.find(seat.CallID)
	if err != nil {
		return err
	}
	if !l.holds(seat) {
		return errNotInCall
	}
	s.leave(l, seat.ParticipantID, LeftByChoice)
	return nil
}

// holds tells whether the seat is still held by the socket that it was given to.
func (l *live) holds(seat Seat) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.seatLocked(seat.ParticipantID)
	return st != nil && st.attachment == seat.Attachment
}

// Detach says that the socket that held the seat is gone. The seat waits for another one for the time of grace.
func (s *Service) Detach(seat Seat) {
	l, err := s.find(seat.CallID)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if st := l.seatLocked(seat.ParticipantID); st != nil && st.attachment == seat.Attachment {
		st.detached = s.now()
	}
}

// lost tells whether the seat is to be given up: its socket has been gone for the time of grace, or it is gone and so is
// the media. A stream's seat, which never had a socket, goes by a rule of its own.
func (st *seat) lost(now time.Time, grace time.Duration) (LeaveReason, bool) {
	if st.stream != nil {
		return st.stream.lost(st.media, now)
	}
	if st.detached.IsZero() {
		return "", false
	}
	return LeftLost, now.Sub(st.detached) >= grace || st.media == transport.Failed
}

// late tells, once, that the media of a seat with a socket should have come by now.
func (st *seat) late(now time.Time, doubt time.Duration) bool {
	if st.doubted || st.stream != nil || !st.detached.IsZero() || st.media != transport.Connecting || now.Sub(st.begun) < doubt {
		return false
	}
	st.doubted = true
	return true
}

func (s *Service) leave(l *live, participantID string, reason LeaveReason) {
	var st *seat
	empty := false
	l.change(func() (events []func()) {
		st = l.removeLocked(participantID, s.now().UTC())
		if st == nil {
			return nil
		}
		empty = len(l.seats) == 0
		s.records.put(l.recordLocked())
		return []func(){
			s.tellCall(l, EventParticipantLeft, participantLeft{CallID: l.id, ParticipantID: st.ID, UserID: st.UserID, Reason: reason}),
			s.tellCount(l, l.activeLocked()),
		}
	})
	if st != nil {
		s.release(st)
	}
	if empty {
		s.endIf(l, func() bool { return len(l.seats) == 0 }) // somebody may have come meanwhile
	}
}

// release gives back what a seat that was removed has held.
func (s *Service) release(st *seat) {
	st.peer.Close()
	s.cfg.SeatEnded(st.UserID, st.ID)
}

func (l *live) removeLocked(participantID string, now time.Time) *seat {
	for i, st := range l.seats {
		if st.ID == participantID {
			l.seats = append(l.seats[:i:i], l.seats[i+1:]...)
			delete(l.byID, participantID)
			l.past = append(l.past, Record{
				ParticipantID: st.ID, UserID: st.UserID, JoinedAt: st.JoinedAt, LeftAt: &now, Duration: seconds(st.JoinedAt, now),
			})
			return st
		}
	}
	return nil
}
