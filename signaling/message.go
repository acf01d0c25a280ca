package signaling

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

func (sess *session) sendMessage(ctx context.Context, out chat.Outgoing) (any, error) {
	return sess.server.send(ctx, sess.who(), out)
}

func (s *Server) send(ctx context.Context, who auth.Identity, out chat.Outgoing) (any, error) {
	s.limiter.sent.note(sentKey{who.UserID, out.ClientID})
	return s.cfg.Chat.Send(ctx, who, out)
}

// syncAnswer is chat's answer with the calls that are going on in added channels.
type syncAnswer struct {
	chat.SyncAnswer
	Added []channelView `json:"added"`
}

func (sess *session) sync(ctx context.Context, r chat.SyncRequest) (any, error) {
	answer, err := sess.server.cfg.Chat.Sync(ctx, sess.who(), r)
	if err != nil {
		return nil, err
	}
	return syncAnswer{SyncAnswer: answer, Added: sess.server.views(answer.Added)}, nil
}

// messageRef is a message's id by itself or as {messageId}.
type messageRef string

// UnmarshalJSON implements json.Unmarshaler.
func (m *messageRef) UnmarshalJSON(data []byte) error {
	return unmarshalRef(data, "messageId", (*string)(m))
}

// pinRef is a message's id by itself or with whether it shall be pinned.
type pinRef chat.PinRequest

// UnmarshalJSON implements json.Unmarshaler.
func (p *pinRef) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &p.MessageID)
	}
	return json.Unmarshal(data, (*chat.PinRequest)(p))
}

func (sess *session) editMessage(ctx context.Context, r chat.EditRequest) (any, error) {
	return sess.server.cfg.Chat.EditMessage(ctx, sess.who(), r)
}

func (sess *session) deleteMessage(ctx context.Context, ref messageRef) (any, error) {
	return sess.server.cfg.Chat.DeleteMessage(ctx, sess.who(), string(ref))
}

func (sess *session) react(ctx context.Context, r chat.ReactRequest) (any, error) {
	return sess.server.cfg.Chat.React(ctx, sess.who(), r)
}

func (sess *session) pinMessage(ctx context.Context, ref pinRef) (any, error) {
	return sess.server.cfg.Chat.Pin(ctx, sess.who(), chat.PinRequest(ref))
}

func (sess *session) followThread(ctx context.Context, r chat.FollowRequest) (any, error) {
	return nil, sess.server.cfg.Chat.FollowThread(ctx, sess.who(), r)
}

func (s *Server) listMessages(r *http.Request, who auth.Identity) (any, error) {
	q := r.URL.Query()
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	request := chat.HistoryRequest{
		ChannelID: q.Get("channelId"), Before: q.Get("before"), After: q.Get("after"), Around: q.Get("around"), Limit: limit,
	}
	if root := q.Get("parentMessageId"); root != "" {
		return s.cfg.Chat.Thread(r.Context(), who, root, request)
	}
	return s.cfg.Chat.History(r.Context(), who, request)
}

func (s *Server) getMessage(r *http.Request, who auth.Identity) (any, error) {
	m, err := s.cfg.Chat.Message(r.Context(), who, r.PathValue("id"))
	return struct {
		Message chat.Message `json:"message"`
	}{m}, err
}

func (s *Server) getPreviewImage(r *http.Request, who auth.Identity) (any, error) {
	return s.cfg.Chat.PreviewImage(r.Context(), who, r.PathValue("id"))
}

func (s *Server) putMessage(r *http.Request, who auth.Identity) (any, error) {
	edit, err := decodeBody[chat.EditRequest](r)
	if err != nil {
		return nil, err
	}
	edit.MessageID = r.PathValue("id")
	return s.cfg.Chat.EditMessage(r.Context(), who, edit)
}

func (s *Server) deleteMessageByPath(r *http.Request, who auth.Identity) (any, error) {
	return s.cfg.Chat.DeleteMessage(r.Context(), who, r.PathValue("id"))
}

func (s *Server) listRevisions(r *http.Request, who auth.Identity) (any, error) {
	revisions, err := s.cfg.Chat.Revisions(r.Context(), who, r.PathValue("id"))
	return struct {
		Revisions []chat.Revision `json:"revisions"`
	}{revisions}, err
}

func (s *Server) postReaction(r *http.Request, who auth.Identity) (any, error) {
	reaction, err := decodeBody[chat.ReactRequest](r)
	if err != nil {
		return nil, err
	}
	return s.cfg.Chat.React(r.Context(), who, reaction)
}

func (s *Server) listPins(r *http.Request, who auth.Identity) (any, error) {
	pins, err := s.cfg.Chat.Pins(r.Context(), who, r.PathValue("id"))
	return struct {
		Messages []chat.Message `json:"messages"`
	}{pins}, err
}

func (s *Server) postPin(r *http.Request, who auth.Identity) (any, error) {
	pin, err := decodeBody[chat.PinRequest](r)
	if err != nil {
		return nil, err
	}
	return s.cfg.Chat.Pin(r.Context(), who, pin)
}

func (s *Server) postMessage(r *http.Request, who auth.Identity) (any, error) {
	out, err := decodeBody[chat.Outgoing](r)
	if err != nil {
		return nil, err
	}
	return s.send(r.Context(), who, out)
}

func (s *Server) listUsers(r *http.Request, who auth.Identity) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	users, err := s.cfg.Chat.People(r.Context(), who, r.URL.Query().Get("search"), limit)
	if err != nil {
		return nil, err
	}
	return struct {
		Users []chat.User `json:"users"`
	}{users}, nil
}

// limitOf reads the query's limit; 0 when there is none.
func limitOf(r *http.Request) (int, error) {
	text := r.URL.Query().Get("limit")
	if text == "" {
		return 0, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 {
		return 0, fault.New(fault.Invalid, "bad_request", "limit is a number of 1 or more.").With("field", "limit")
	}
	return limit, nil
}
