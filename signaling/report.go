package signaling

import (
	"context"
	"net/http"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

func (sess *session) reportMessage(ctx context.Context, r chat.ReportRequest) (any, error) {
	return sess.server.cfg.Chat.ReportMessage(ctx, sess.who(), r)
}

func (sess *session) decideReport(ctx context.Context, r chat.DecideRequest) (any, error) {
	return sess.server.cfg.Chat.DecideReport(ctx, sess.who(), r)
}

func (s *Server) putReport(r *http.Request, who auth.Identity) (any, error) {
	body, err := decodeBody[chat.DecideRequest](r)
	if err != nil {
		return nil, err
	}
	body.ReportID = r.PathValue("id")
	return s.cfg.Chat.DecideReport(r.Context(), who, body)
}

func (s *Server) listReports(r *http.Request, who auth.Identity) (any, error) {
	q := r.URL.Query()
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	reports, hasMore, err := s.cfg.Chat.Reports(r.Context(), who, chat.ReportQuery{
		ChannelID: q.Get("channelId"), Status: chat.ReportStatus(q.Get("status")), Before: q.Get("before"), Limit: limit,
	})
	return struct {
		Reports []chat.Report `json:"reports"`
		HasMore bool          `json:"hasMore"`
	}{reports, hasMore}, err
}

func (s *Server) getReport(r *http.Request, who auth.Identity) (any, error) {
	return s.cfg.Chat.Report(r.Context(), who, r.PathValue("id"))
}

func (s *Server) getWords(r *http.Request, who auth.Identity) (any, error) {
	return s.cfg.Chat.Words(r.Context(), who)
}

func (s *Server) putWords(r *http.Request, who auth.Identity) (any, error) {
	body, err := decodeBody[chat.WordLists](r)
	if err != nil {
		return nil, err
	}
	return s.cfg.Chat.SetWords(r.Context(), who, body.Lists)
}

func (s *Server) postDMAccess(r *http.Request, who auth.Identity) (any, error) {
	body, err := decodeBody[chat.DMAccessRequest](r)
	if err != nil {
		return nil, err
	}
	if err := s.admit(r.Context(), who); err != nil {
		return nil, err
	}
	return s.cfg.Chat.OpenDMForReading(r.Context(), who, body)
}

func (s *Server) listDMMessages(r *http.Request, who auth.Identity) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	return s.cfg.Chat.OpenedDM(r.Context(), who, chat.HistoryRequest{
		ChannelID: r.PathValue("channelId"), Before: q.Get("before"), After: q.Get("after"), Around: q.Get("around"), Limit: limit,
	})
}
