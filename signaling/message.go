package signaling

import (
	"context"
	"net/http"
	"strconv"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

func (sess *session) sendMessage(ctx context.Context, out chat.Outgoing) (any, error) {
	return sess.server.cfg.Chat.Send(ctx, sess.who, out)
}

// syncAnswer is chat's answer with the calls that are going on in added channels.
type syncAnswer struct {
	chat.SyncAnswer
	Added []channelView `json:"added"`
}

func (sess *session) sync(ctx context.Context, r chat.SyncRequest) (any, error) {
	answer, err := sess.server.cfg.Chat.Sync(ctx, sess.who, r)
	if err != nil {
		return nil, err
	}
	return syncAnswer{SyncAnswer: answer, Added: sess.server.views(answer.Added)}, nil
}

func (s *Server) listMessages(r *http.Request, who auth.Identity) (any, error) {
	q := r.URL.Query()
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	return s.cfg.Chat.History(r.Context(), who, chat.HistoryRequest{
		ChannelID: q.Get("channelId"), Before: q.Get("before"), After: q.Get("after"), Limit: limit,
	})
}

func (s *Server) postMessage(r *http.Request, who auth.Identity) (any, error) {
	out, err := decodeBody[chat.Outgoing](r)
	if err != nil {
		return nil, err
	}
	return s.cfg.Chat.Send(r.Context(), who, out)
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
