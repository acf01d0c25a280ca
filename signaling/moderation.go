package signaling

import (
	"context"
	"net/http"
	"strconv"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

func (sess *session) silenceMember(ctx context.Context, r chat.SilenceRequest) (any, error) {
	return sess.server.cfg.Chat.SilenceMember(ctx, sess.who(), r)
}

func (sess *session) blockUser(ctx context.Context, r chat.BlockRequest) (any, error) {
	return nil, sess.server.cfg.Chat.BlockUser(ctx, sess.who(), r)
}

func (s *Server) listBlocks(r *http.Request, who auth.Identity) (any, error) {
	blocks, err := s.cfg.Chat.Blocks(r.Context(), who)
	return struct {
		Blocks []chat.Person `json:"blocks"`
	}{blocks}, err
}

func (s *Server) listAudit(r *http.Request, who auth.Identity) (any, error) {
	q := r.URL.Query()
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	var before int64
	if text := q.Get("before"); text != "" {
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return nil, fault.New(fault.Invalid, "bad_request", "before is the _id of an entry.").With("field", "before")
		}
	}
	entries, hasMore, err := s.cfg.Chat.AuditLog(r.Context(), who, chat.AuditQuery{
		ChannelID: q.Get("channelId"), ActorID: q.Get("actorId"), Action: chat.AuditAction(q.Get("action")), Before: before, Limit: limit,
	})
	return struct {
		Entries []chat.AuditEntry `json:"entries"`
		HasMore bool              `json:"hasMore"`
	}{entries, hasMore}, err
}
