package signaling

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
)

// statusUpdate is a change of what a user says of themselves; nil leaves something as it is.
type statusUpdate struct {
	Status       *presence.Status `json:"status"`
	CustomStatus *string          `json:"customStatus"`
	ExpiresAt    *time.Time       `json:"expiresAt"`
	HideLastSeen *bool            `json:"hideLastSeen"`
	HideTyping   *bool            `json:"hideTyping"`
}

// ownStatus is what a user says of themselves.
type ownStatus struct {
	Status       presence.Status `json:"status"`
	CustomStatus string          `json:"customStatus"`
	ExpiresAt    *time.Time      `json:"expiresAt,omitempty"`
	HideLastSeen bool            `json:"hideLastSeen"`
	HideTyping   bool            `json:"hideTyping"`
}

func ownStatusOf(c presence.Choice) ownStatus {
	own := ownStatus{Status: c.Chosen, CustomStatus: c.CustomStatus, ExpiresAt: c.ExpiresAt, HideLastSeen: c.HideLastSeen, HideTyping: c.HideTyping}
	if own.Status == "" {
		own.Status = presence.Online
	}
	return own
}

func (sess *session) updateStatus(ctx context.Context, u statusUpdate) (any, error) {
	p := sess.server.cfg.Presence
	choice, err := p.Mine(ctx, sess.claimed.UserID)
	if err != nil {
		return nil, err
	}
	if u.Status != nil || u.CustomStatus != nil {
		choice.ExpiresAt = u.ExpiresAt
	}
	if u.Status != nil {
		choice.Chosen = *u.Status
	}
	if u.CustomStatus != nil {
		choice.CustomStatus = strings.TrimSpace(*u.CustomStatus)
	}
	if u.HideLastSeen != nil {
		choice.HideLastSeen = *u.HideLastSeen
	}
	if u.HideTyping != nil {
		choice.HideTyping = *u.HideTyping
	}
	if _, err := p.Choose(ctx, sess.claimed.UserID, choice); err != nil {
		return nil, err
	}
	return ownStatusOf(choice), nil
}

func (s *Server) getStatus(r *http.Request, who auth.Identity) (any, error) {
	choice, err := s.cfg.Presence.Mine(r.Context(), who.UserID)
	return ownStatusOf(choice), err
}

func (sess *session) watchPresence(ctx context.Context, r struct {
	UserIDs []string `json:"userIds"`
}) (any, error) {
	if !sess.who().Internal {
		r.UserIDs = nil // who works here is not a client's to know
	}
	r.UserIDs = chat.PossibleUsers(r.UserIDs)
	blockers, err := sess.server.cfg.Chat.BlockedBy(ctx, sess.claimed.UserID, append([]string{}, r.UserIDs...))
	if err != nil {
		return nil, err
	}
	r.UserIDs = slices.DeleteFunc(r.UserIDs, func(userID string) bool { return slices.Contains(blockers, userID) })
	list, err := sess.server.cfg.Presence.Watch(ctx, sess.socket.ID(), r.UserIDs)
	if err != nil {
		return nil, err
	}
	if sess.gone() { // while we were at it; nobody would end its watching
		sess.server.cfg.Presence.Disconnect(sess.claimed.UserID, sess.socket.ID())
	}
	for _, userID := range blockers { // as anybody who is away and hides since when
		list = append(list, presence.Presence{UserID: userID, Status: presence.Offline, Since: time.Now().UTC()})
	}
	for _, topic := range sess.topics() {
		if userID, ok := strings.CutPrefix(topic, bus.Presence("")); ok && !slices.Contains(r.UserIDs, userID) {
			sess.unhear(topic)
		}
	}
	for _, userID := range r.UserIDs {
		sess.hear(bus.Presence(userID))
	}
	if len(r.UserIDs) > 0 && !sess.who().Internal { // since it was asked
		sess.watchNobody()
		list = []presence.Presence{}
	}
	return struct {
		Users []presence.Presence `json:"users"`
	}{list}, nil
}

// heartbeat answers that the connection is alive. Its client may say by it that its device is in use.
func heartbeat(_ context.Context, sess *session, arg json.RawMessage) (any, error) {
	var beat struct {
		Active bool `json:"active"`
	}
	if len(arg) > 0 && json.Unmarshal(arg, &beat) == nil && beat.Active {
		sess.server.cfg.Presence.Active(sess.claimed.UserID, sess.socket.ID())
	}
	return nil, nil
}
