package signaling

import (
	"context"
	"net/http"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/sfu"
)

// callRef is a call's id by itself or as {callId}.
type callRef string

// UnmarshalJSON implements json.Unmarshaler.
func (c *callRef) UnmarshalJSON(data []byte) error { return unmarshalRef(data, "callId", (*string)(c)) }

type initiateCallRequest struct {
	ChannelID      string    `json:"channelId"`
	Type           call.Type `json:"callType"`
	ParticipantIDs []string  `json:"participantIds"`
}

type initiateCallAck struct {
	CallID    string `json:"callId"`
	ChannelID string `json:"channelId"`
	Existing  bool   `json:"existing"`
}

func (sess *session) initiateCall(ctx context.Context, r initiateCallRequest) (any, error) {
	return sess.server.initiateCall(ctx, sess.who(), r)
}

func (s *Server) postCall(r *http.Request, who auth.Identity) (any, error) {
	body, err := decodeBody[initiateCallRequest](r)
	if err != nil {
		return nil, err
	}
	if err := s.admit(r.Context(), who); err != nil {
		return nil, err
	}
	return s.initiateCall(r.Context(), who, body)
}

// admit records a user who comes without a socket and may never have had one. While the database is down the call
// decides without it.
func (s *Server) admit(ctx context.Context, who auth.Identity) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if _, err := s.cfg.Chat.Admit(ctx, who); err != nil && fault.KindOf(err) != fault.Unavailable {
		return err
	}
	return nil
}

func (s *Server) initiateCall(ctx context.Context, who auth.Identity, r initiateCallRequest) (any, error) {
	if _, err := s.readable(ctx, who, r.ChannelID); err != nil {
		return nil, err
	}
	callID, existing, err := s.cfg.Calls.Start(ctx, who, call.StartRequest{
		ChannelID: r.ChannelID, Type: r.Type, Ring: r.ParticipantIDs,
	})
	if err != nil {
		return nil, err
	}
	return initiateCallAck{CallID: callID, ChannelID: r.ChannelID, Existing: existing}, nil
}

func (sess *session) rejectCall(ctx context.Context, ref callRef) (any, error) {
	return nil, sess.server.cfg.Calls.Reject(ctx, sess.who(), string(ref))
}

type joinCallRequest struct {
	CallID        string `json:"callId"`
	ParticipantID string `json:"participantId"`
	HasVideo      *bool  `json:"hasVideo"`
	IsMuted       bool   `json:"isMuted"`
}

type joinCallAck struct {
	CallID        string             `json:"callId"`
	ChannelID     string             `json:"channelId"`
	Type          call.Type          `json:"callType"`
	ParticipantID string             `json:"participantId"`
	Resumed       bool               `json:"resumed"`
	Participants  []call.Participant `json:"participants"`
	ICEServers    []ICEServer        `json:"iceServers"`
}

func (sess *session) joinCall(ctx context.Context, r joinCallRequest) (any, error) {
	if !id.Valid(r.CallID) {
		return nil, call.ErrNoCall
	}
	if held, ok := sess.seat(r.CallID); ok && held.ParticipantID != r.ParticipantID {
		return nil, fault.New(fault.Conflict, "already_in_call", "This connection is in the call already.").With("participantId", held.ParticipantID)
	}
	calls := sess.server.cfg.Calls
	joined, err := calls.Join(ctx, sess.who(), call.JoinRequest{
		CallID: r.CallID, Resume: r.ParticipantID, HasVideo: r.HasVideo, IsMuted: r.IsMuted,
		// Before the list of participants is made, so that whoever comes after it is heard of.
		Admitted: func() { sess.hear(bus.Call(r.CallID)) },
	})
	if err != nil {
		if _, seated := sess.seat(r.CallID); !seated {
			sess.unhear(bus.Call(r.CallID))
		}
		return nil, err
	}
	if !sess.sit(joined.Seat) { // the socket went while we were at it
		calls.Detach(joined.Seat)
		return nil, fault.New(fault.Unavailable, "disconnected", "The connection is gone.")
	}
	sess.hear(bus.Seat(joined.Seat.ParticipantID))
	calls.Refresh(joined.Seat)
	return joinCallAck{
		CallID: joined.Seat.CallID, ChannelID: joined.ChannelID, Type: joined.Type,
		ParticipantID: joined.Seat.ParticipantID, Resumed: joined.Resumed,
		Participants: joined.Participants, ICEServers: sess.iceServersFor(joined.Seat.ParticipantID),
	}, nil
}

func (sess *session) leaveCall(_ context.Context, ref callRef) (any, error) {
	seat, err := sess.seatIn(string(ref))
	if err != nil {
		return nil, err
	}
	sess.stand(seat.CallID)
	sess.unhear(bus.Seat(seat.ParticipantID))
	sess.unhear(bus.Call(seat.CallID))
	return nil, sess.server.cfg.Calls.Leave(seat)
}

// seatIn returns the seat that this socket holds in a call.
func (sess *session) seatIn(callID string) (call.Seat, error) {
	seat, ok := sess.seat(callID)
	if !ok {
		return call.Seat{}, fault.New(fault.Forbidden, "not_in_call", "You are not in this call. Join it first.")
	}
	return seat, nil
}

type offerRequest struct {
	CallID string `json:"callId"`
	Type   string `json:"type"`
	SDP    string `json:"sdp"`
	Tracks []struct {
		Mid    string     `json:"mid"`
		Source sfu.Source `json:"source"`
	} `json:"tracks"`
}

type offerAck struct {
	Type       string      `json:"type"`
	SDP        string      `json:"sdp"`
	ICEServers []ICEServer `json:"iceServers"` // with credentials that are good for longer than those before
}

func (sess *session) offer(ctx context.Context, r offerRequest) (any, error) {
	seat, err := sess.seatIn(r.CallID)
	if err != nil {
		return nil, err
	}
	if r.Type != "" && r.Type != "offer" {
		return nil, fault.New(fault.Invalid, "bad_request", `type is "offer".`).With("field", "type")
	}
	tracks := make([]sfu.Track, 0, len(r.Tracks))
	for _, t := range r.Tracks {
		tracks = append(tracks, sfu.Track{Mid: t.Mid, Source: t.Source})
	}
	answer, err := sess.server.cfg.Calls.Offer(ctx, sess.who(), seat, r.SDP, tracks)
	if err != nil {
		return nil, err
	}
	return offerAck{Type: "answer", SDP: answer, ICEServers: sess.iceServersFor(seat.ParticipantID)}, nil
}

type candidateRequest struct {
	CallID    string `json:"callId"`
	Candidate string `json:"candidate"`
}

func (sess *session) candidate(_ context.Context, r candidateRequest) (any, error) {
	seat, err := sess.seatIn(r.CallID)
	if err != nil {
		return nil, err
	}
	if r.Candidate == "" { // the end of candidates
		return nil, nil
	}
	return nil, sess.server.cfg.Calls.Candidate(sess.who(), seat, r.Candidate)
}

type setViewRequest struct {
	CallID string `json:"callId"`
	Views  []struct {
		ParticipantID string     `json:"participantId"`
		Source        sfu.Source `json:"source"`
		Width         int        `json:"width"`
		Height        int        `json:"height"`
	} `json:"views"`
}

func (sess *session) setView(_ context.Context, r setViewRequest) (any, error) {
	seat, err := sess.seatIn(r.CallID)
	if err != nil {
		return nil, err
	}
	views := make([]sfu.View, 0, len(r.Views))
	for _, v := range r.Views {
		views = append(views, sfu.View{PeerID: v.ParticipantID, Source: v.Source, Width: v.Width, Height: v.Height})
	}
	return nil, sess.server.cfg.Calls.SetView(sess.who(), seat, views)
}

type toggleRequest struct {
	CallID          string `json:"callId"`
	HasVideo        *bool  `json:"hasVideo"`
	IsMuted         *bool  `json:"isMuted"`
	IsSharingScreen *bool  `json:"isSharingScreen"`
}

func (sess *session) toggleVideo(_ context.Context, r toggleRequest) (any, error) {
	return nil, sess.toggle(r.CallID, "hasVideo", r.HasVideo, sess.server.cfg.Calls.ToggleVideo)
}

func (sess *session) toggleMute(_ context.Context, r toggleRequest) (any, error) {
	return nil, sess.toggle(r.CallID, "isMuted", r.IsMuted, sess.server.cfg.Calls.ToggleMute)
}

func (sess *session) toggleScreen(_ context.Context, r toggleRequest) (any, error) {
	return nil, sess.toggle(r.CallID, "isSharingScreen", r.IsSharingScreen, sess.server.cfg.Calls.ToggleScreen)
}

func (sess *session) toggle(callID, field string, value *bool, set func(auth.Identity, call.Seat, bool) error) error {
	seat, err := sess.seatIn(callID)
	if err != nil {
		return err
	}
	if value == nil {
		return fault.Newf(fault.Invalid, "bad_request", "%s is true or false.", field).With("field", field)
	}
	return set(sess.who(), seat, *value)
}

func (s *Server) listCalls(r *http.Request, who auth.Identity) (any, error) {
	q := r.URL.Query()
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	channelID := q.Get("channelId")
	if channelID != "" && !id.Valid(channelID) {
		return nil, fault.New(fault.Invalid, "bad_request", "channelId is an id of 24 hex characters.").With("field", "channelId")
	}
	calls, hasMore, err := s.cfg.Calls.History(r.Context(), who, call.ListQuery{ChannelID: channelID, Before: q.Get("before"), Limit: limit})
	if err != nil {
		return nil, err
	}
	return struct {
		Calls   []call.Call `json:"calls"`
		HasMore bool        `json:"hasMore"`
	}{append([]call.Call{}, calls...), hasMore}, nil
}

func (s *Server) getCall(r *http.Request, who auth.Identity) (any, error) {
	c, err := s.cfg.Calls.Get(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return struct {
		Call call.Call `json:"call"`
	}{c}, nil
}
