package signaling

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// channelRef is a channel's id by itself or as {channelId}.
type channelRef string

// UnmarshalJSON implements json.Unmarshaler.
func (c *channelRef) UnmarshalJSON(data []byte) error {
	return unmarshalRef(data, "channelId", (*string)(c))
}

// unmarshalRef reads a string, or an object that has it in a field.
func unmarshalRef(data []byte, field string, to *string) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, to)
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	if raw, ok := fields[field]; ok {
		return json.Unmarshal(raw, to)
	}
	return nil
}

type channelJoined struct {
	ChannelID string `json:"channelId"`
	EventSeq  int64  `json:"eventSeq"`
}

func (sess *session) joinChannel(ctx context.Context, ref channelRef) (any, error) {
	sess.ask()
	defer sess.asked()
	ch, err := sess.server.readable(ctx, sess.who(), string(ref))
	if err == nil && !sess.hearAlso(ch.ID) {
		err = chat.ErrNoChannel
	}
	if err != nil {
		return nil, err
	}
	sess.server.hub.know(map[string]int64{ch.ID: ch.EventSeq})
	sess.settle(ctx)
	return channelJoined{ChannelID: ch.ID, EventSeq: ch.EventSeq}, nil
}

func (sess *session) leaveChannel(_ context.Context, ref channelRef) (any, error) {
	if topic := bus.Channel(string(ref)); sess.hears(topic) {
		sess.leave(string(ref))
		sess.unhear(topic)
	}
	return struct {
		ChannelID string `json:"channelId"`
	}{string(ref)}, nil
}

// readable returns a channel that the user may read.
func (s *Server) readable(ctx context.Context, who auth.Identity, channelID string) (chat.Channel, error) {
	if !id.Valid(channelID) {
		return chat.Channel{}, chat.ErrNoChannel
	}
	return s.cfg.Chat.Channel(ctx, who, channelID)
}

// channelView is a channel with the call that is going on in it.
type channelView struct {
	chat.Channel
	ActiveCall *call.Active `json:"activeCall,omitempty"`
}

func (s *Server) view(ch chat.Channel) channelView {
	v := channelView{Channel: ch}
	if active, ok := s.cfg.Calls.Active(ch.ID); ok {
		v.ActiveCall = &active
	}
	return v
}

func (s *Server) views(channels []chat.Channel) []channelView {
	out := make([]channelView, 0, len(channels))
	for _, ch := range channels {
		out = append(out, s.view(ch))
	}
	return out
}

func (s *Server) listChannels(r *http.Request, who auth.Identity) (any, error) {
	channels, epoch, err := s.cfg.Chat.Channels(r.Context(), who)
	if err != nil {
		return nil, err
	}
	return struct {
		Epoch    string        `json:"epoch"`
		Channels []channelView `json:"channels"`
	}{epoch, s.views(channels)}, nil
}

type oneChannel struct {
	Channel channelView `json:"channel"`
}

func (s *Server) getChannel(r *http.Request, who auth.Identity) (any, error) {
	ch, err := s.readable(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return oneChannel{s.view(ch)}, nil
}

func (s *Server) getGeneral(r *http.Request, who auth.Identity) (any, error) {
	ch, err := s.cfg.Chat.GeneralChannel(r.Context(), who)
	if err != nil {
		return nil, err
	}
	return oneChannel{s.view(ch)}, nil
}

type createChannelRequest struct {
	chat.CreateChannelRequest
	Participants []struct {
		UserID string `json:"userId"`
	} `json:"participants"`
}

// other is the person that a new DM is with: the one participant who is not oneself, who may be listed as well.
func (c createChannelRequest) other(who auth.Identity) (string, error) {
	var others []string
	for _, p := range c.Participants {
		if p.UserID != who.UserID {
			others = append(others, p.UserID)
		}
	}
	switch {
	case len(others) == 1 && len(c.Participants) <= 2:
		return others[0], nil
	case len(others) == 0 && len(c.Participants) > 0:
		return who.UserID, nil // refused by the service, in its words
	}
	return "", fault.New(fault.Invalid, "bad_request", "A direct message has exactly two participants.").With("field", "participants")
}

func (s *Server) createChannel(r *http.Request, who auth.Identity) (any, error) {
	body, err := decodeBody[createChannelRequest](r)
	if err != nil {
		return nil, err
	}
	return s.makeChannel(r.Context(), who, body)
}

type channelMade struct {
	Channel channelView `json:"channel"`
	Created bool        `json:"created"`
}

// makeChannel opens a direct message, or makes a channel of another type.
func (s *Server) makeChannel(ctx context.Context, who auth.Identity, body createChannelRequest) (any, error) {
	if body.Type != chat.DM {
		for _, p := range body.Participants {
			body.MemberIDs = append(body.MemberIDs, p.UserID)
		}
		ch, err := s.cfg.Chat.CreateChannel(ctx, who, body.CreateChannelRequest)
		return channelMade{s.view(ch), true}, err
	}
	other, err := body.other(who)
	if err != nil {
		return nil, err
	}
	ch, created, err := s.cfg.Chat.OpenDM(ctx, who, other)
	if err != nil {
		return nil, err
	}
	return channelMade{s.view(ch), created}, nil
}
