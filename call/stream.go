package call

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
)

// StreamKind says what a seat without a socket does.
type StreamKind string

// Kinds of streams, by the protocols that make them.
const (
	Publishing StreamKind = "whip" // RFC 9725
	Playing    StreamKind = "whep" // draft-ietf-wish-whep
)

// stream is what a seat has in the place of a socket: the exchange of offer and answer that made it. Such a seat is
// unattended: it lives as long as its media and the token behind it.
type stream struct {
	kind   StreamKind
	tracks []sfu.Track // what its sections carry

	exchange sync.Mutex // held while an offer is answered and the two are noted; taken before the call's mu

	// guarded by the call's mu
	who           auth.Identity // by the newest token
	offer, answer string
}

// StreamRequest asks for a seat without a socket.
type StreamRequest struct {
	CallID string
	Kind   StreamKind
	SDP    string // the client's offer
}

// Stream is such a seat, once it is taken.
type Stream struct {
	ParticipantID string
	SDP           string // the answer
	Generation    string // names the ICE session, for PatchStream
}

// StreamRef names a stream.
type StreamRef struct {
	CallID        string
	Kind          StreamKind
	ParticipantID string
}

// errNoStream: there is no such stream, or it is another user's.
var errNoStream = fault.New(fault.NotFound, "stream_not_found", "There is no such stream, or it has ended.")

// Stream gives the user a seat that publishes or plays by the offer. The others hear of it when the offer is taken.
func (s *Service) Stream(ctx context.Context, who auth.Identity, r StreamRequest) (Stream, error) {
	l, err := s.findFor(ctx, who, r.CallID)
	if err != nil {
		return Stream{}, err
	}
	expelled, err := s.audience(ctx, who, l)
	if err != nil {
		return Stream{}, err
	}
	offer, err := readStreamOffer(r.Kind, r.SDP)
	if err != nil {
		return Stream{}, err
	}
	st := newSeat(who, expelled, s.now())
	st.HasVideo, st.IsMuted, st.IsSharingScreen = offer.sends(sfu.Camera), !offer.sends(sfu.Microphone), offer.sends(sfu.Screen)
	st.stream = &stream{kind: r.Kind, tracks: offer.tracks, who: who, offer: offer.sdp}
	_, err = s.take(l, st, func(peer *sfu.Peer) error {
		answer, err := peer.Offer(ctx, offer.sdp, offer.tracks)
		st.stream.answer = answer
		if err == nil && refusesMedia(answer) {
			err = fault.New(fault.Invalid, "no_common_codec", "A section of the offer has no codec that the server can carry.")
		}
		return err
	})
	if err != nil {
		return Stream{}, err
	}
	return Stream{ParticipantID: st.ID, SDP: st.stream.answer, Generation: generationOf(st.stream.answer)}, nil
}

// EndStream gives a stream's seat up.
func (s *Service) EndStream(who auth.Identity, ref StreamRef) error {
	l, st, err := s.stream(who, ref)
	if err != nil {
		return err
	}
	s.leave(l, st.ID, LeftByChoice)
	return nil
}

// stream finds a stream of the user.
func (s *Service) stream(who auth.Identity, ref StreamRef) (*live, *seat, error) {
	l, err := s.find(ref.CallID)
	if err != nil {
		return nil, nil, errNoStream
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.seatLocked(ref.ParticipantID)
	if st == nil || st.UserID != who.UserID || st.stream == nil || st.stream.kind != ref.Kind {
		return nil, nil, errNoStream
	}
	return l, st, nil
}

// lost tells whether the stream is over: its client said so over DTLS, its media failed, or its token has expired.
func (st *stream) lost(media transport.State, now time.Time) (LeaveReason, bool) {
	switch {
	case media == transport.Closed:
		return LeftByChoice, true
	case media == transport.Failed, st.who.Expired(now):
		return LeftLost, true
	}
	return "", false
}

// refusesMedia tells whether an answer takes only a part of what was offered. RFC 9725 section 4.4.3: rather nothing.
func refusesMedia(answer string) bool {
	return strings.Contains(answer, "\nm=audio 0 ") || strings.Contains(answer, "\nm=video 0 ")
}
