package signaling

import (
	"context"
	"net/http"
	"strconv"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// channelUpdate is a change of a channel, with the channel's id among its fields.
type channelUpdate struct {
	ChannelID string `json:"channelId"`
	chat.ChannelChange
}

func (sess *session) createChannel(ctx context.Context, body createChannelRequest) (any, error) {
	return sess.server.makeChannel(ctx, sess.who(), body)
}

func (sess *session) updateChannel(ctx context.Context, u channelUpdate) (any, error) {
	u.ChannelChange.ChannelID = u.ChannelID
	return sess.server.changeChannel(ctx, sess.who(), u.ChannelChange)
}

func (sess *session) addMembers(ctx context.Context, r chat.AddMembersRequest) (any, error) {
	return sess.server.cfg.Chat.AddMembers(ctx, sess.who(), r)
}

func (sess *session) removeMember(ctx context.Context, r chat.MemberRequest) (any, error) {
	return sess.server.cfg.Chat.RemoveMember(ctx, sess.who(), r)
}

func (sess *session) setMemberRole(ctx context.Context, r chat.MemberRequest) (any, error) {
	return sess.server.cfg.Chat.SetMemberRole(ctx, sess.who(), r)
}

func (sess *session) becomeMember(ctx context.Context, ref channelRef) (any, error) {
	ch, err := sess.server.cfg.Chat.JoinOpen(ctx, sess.who(), string(ref))
	return oneChannel{sess.server.view(ch)}, err
}

func (s *Server) changeChannel(ctx context.Context, who auth.Identity, c chat.ChannelChange) (any, error) {
	ch, err := s.cfg.Chat.UpdateChannel(ctx, who, c)
	if err != nil {
		return nil, err
	}
	return oneChannel{s.view(ch)}, nil
}

func (s *Server) putChannel(r *http.Request, who auth.Identity) (any, error) {
	change, err := decodeBody[chat.ChannelChange](r)
	if err != nil {
		return nil, err
	}
	change.ChannelID = r.PathValue("id")
	return s.changeChannel(r.Context(), who, change)
}

func (s *Server) deleteChannel(r *http.Request, who auth.Identity) (any, error) {
	archived := true
	return s.changeChannel(r.Context(), who, chat.ChannelChange{ChannelID: r.PathValue("id"), Archived: &archived})
}

type channelList struct {
	Channels []channelView `json:"channels"`
}

func (s *Server) listOpenChannels(r *http.Request, who auth.Identity) (any, error) {
	channels, err := s.cfg.Chat.OpenChannels(r.Context(), who, r.URL.Query().Get("search"))
	return channelList{s.views(channels)}, err
}

func (s *Server) listArchivedChannels(r *http.Request, who auth.Identity) (any, error) {
	channels, err := s.cfg.Chat.ArchivedChannels(r.Context(), who)
	return channelList{s.views(channels)}, err
}

func (s *Server) listMembers(r *http.Request, who auth.Identity) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	offset := 0
	if text := r.URL.Query().Get("offset"); text != "" {
		if offset, err = strconv.Atoi(text); err != nil || offset < 0 {
			return nil, fault.New(fault.Invalid, "bad_request", "offset is a number of 0 or more.").With("field", "offset")
		}
	}
	members, more, err := s.cfg.Chat.Members(r.Context(), who, chat.MemberQuery{
		ChannelID: r.PathValue("id"), Search: r.URL.Query().Get("search"), Offset: offset, Limit: limit,
	})
	return struct {
		Participants []chat.Member `json:"participants"`
		HasMore      bool          `json:"hasMore"`
	}{members, more}, err
}

func (s *Server) postMembers(r *http.Request, who auth.Identity) (any, error) {
	body, err := decodeBody[chat.AddMembersRequest](r)
	if err != nil {
		return nil, err
	}
	body.ChannelID = r.PathValue("id")
	return s.cfg.Chat.AddMembers(r.Context(), who, body)
}

func (s *Server) putMember(r *http.Request, who auth.Identity) (any, error) {
	body, err := decodeBody[chat.MemberRequest](r)
	if err != nil {
		return nil, err
	}
	body.ChannelID, body.UserID = r.PathValue("id"), r.PathValue("userId")
	return s.cfg.Chat.SetMemberRole(r.Context(), who, body)
}

func (s *Server) deleteMember(r *http.Request, who auth.Identity) (any, error) {
	return s.cfg.Chat.RemoveMember(r.Context(), who, chat.MemberRequest{ChannelID: r.PathValue("id"), UserID: r.PathValue("userId")})
}

func (s *Server) postJoin(r *http.Request, who auth.Identity) (any, error) {
	ch, err := s.cfg.Chat.JoinOpen(r.Context(), who, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return oneChannel{s.view(ch)}, nil
}

// addedTo lets the session hear a channel that its user is in now, if it may know of it.
func (sess *session) addedTo(ch chat.Channel) {
	if !ch.KnownTo(sess.who()) {
		return
	}
	sess.turn(ch.ID, true)
	sess.server.hub.know(map[string]int64{ch.ID: ch.EventSeq})
}

// removedFrom ends what the session hears of a channel.
func (sess *session) removedFrom(channelID string) { sess.turn(channelID, false) }
