package signaling

import (
	"context"
	"net/http"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

// scheduledRef is a scheduled message's id by itself or as {scheduledId}.
type scheduledRef string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scheduledRef) UnmarshalJSON(data []byte) error {
	return unmarshalRef(data, "scheduledId", (*string)(s))
}

func (sess *session) schedule(ctx context.Context, r chat.ScheduleRequest) (any, error) {
	return sess.server.cfg.Chat.Schedule(ctx, sess.who(), r)
}

func (sess *session) changeScheduled(ctx context.Context, c chat.ScheduleChange) (any, error) {
	return sess.server.cfg.Chat.ChangeScheduled(ctx, sess.who(), c)
}

func (sess *session) cancelScheduled(ctx context.Context, ref scheduledRef) (any, error) {
	return nil, sess.server.cfg.Chat.CancelScheduled(ctx, sess.who(), string(ref))
}

func (s *Server) listScheduled(r *http.Request, who auth.Identity) (any, error) {
	list, err := s.cfg.Chat.Scheduled(r.Context(), who)
	return struct {
		Scheduled []chat.Scheduled `json:"scheduled"`
	}{list}, err
}

func (s *Server) postScheduled(r *http.Request, who auth.Identity) (any, error) {
	request, err := decodeBody[chat.ScheduleRequest](r)
	if err != nil {
		return nil, err
	}
	return s.cfg.Chat.Schedule(r.Context(), who, request)
}

func (s *Server) putScheduled(r *http.Request, who auth.Identity) (any, error) {
	change, err := decodeBody[chat.ScheduleChange](r)
	if err != nil {
		return nil, err
	}
	change.ID = r.PathValue("id")
	return s.cfg.Chat.ChangeScheduled(r.Context(), who, change)
}

func (s *Server) deleteScheduled(r *http.Request, who auth.Identity) (any, error) {
	return struct{}{}, s.cfg.Chat.CancelScheduled(r.Context(), who, r.PathValue("id"))
}
