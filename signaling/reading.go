package signaling

import (
	"context"
	"net/http"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

func (sess *session) markAsRead(ctx context.Context, r chat.ReadRequest) (any, error) {
	return sess.server.cfg.Chat.MarkAsRead(ctx, sess.who(), r)
}

func (sess *session) markAsUnread(ctx context.Context, ref messageRef) (any, error) {
	return sess.server.cfg.Chat.MarkAsUnread(ctx, sess.who(), string(ref))
}

func (sess *session) markThreadRead(ctx context.Context, r chat.ThreadReadRequest) (any, error) {
	return nil, sess.server.cfg.Chat.MarkThreadRead(ctx, sess.who(), r)
}

func (sess *session) setNotifications(ctx context.Context, r chat.NotifyRequest) (any, error) {
	return sess.server.cfg.Chat.SetNotifications(ctx, sess.who(), r)
}

func (sess *session) saveDraft(ctx context.Context, d chat.DraftText) (any, error) {
	return sess.server.cfg.Chat.SaveDraft(ctx, sess.who(), d)
}

func (sess *session) saveMessage(ctx context.Context, r chat.SaveRequest) (any, error) {
	return nil, sess.server.cfg.Chat.SaveMessage(ctx, sess.who(), r)
}

func (s *Server) listReads(r *http.Request, who auth.Identity) (any, error) {
	reads, err := s.cfg.Chat.Reads(r.Context(), who, r.PathValue("id"))
	return struct {
		Reads []chat.ReadCursor `json:"reads"`
	}{reads}, err
}

func (s *Server) listThreads(r *http.Request, who auth.Identity) (any, error) {
	threads, err := s.cfg.Chat.Threads(r.Context(), who)
	return struct {
		Threads []chat.FollowedThread `json:"threads"`
	}{threads}, err
}

func (s *Server) listDrafts(r *http.Request, who auth.Identity) (any, error) {
	drafts, err := s.cfg.Chat.Drafts(r.Context(), who)
	return struct {
		Drafts []chat.DraftText `json:"drafts"`
	}{drafts}, err
}

func (s *Server) listSaved(r *http.Request, who auth.Identity) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	var before time.Time
	if text := r.URL.Query().Get("before"); text != "" {
		if before, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return nil, fault.New(fault.Invalid, "bad_request", "before is a time, as of savedAt.").With("field", "before")
		}
	}
	saved, err := s.cfg.Chat.Saved(r.Context(), who, before, limit)
	return struct {
		Saved []chat.SavedMessage `json:"saved"`
	}{saved}, err
}
