package signaling

import (
	"context"
	"encoding/json"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/id"
)

// Pushes of who is writing.
const (
	EventTypingStarted = "typing:started"
	EventTypingStopped = "typing:stopped"
)

const (
	typingEvery    = 2 * time.Second // of one user in one channel; what comes sooner is dropped
	typingSockets  = 50              // in a larger channel nobody is told
	typingChannels = 32              // that a session remembers
)

type typingRequest struct {
	ChannelID string `json:"channelId"`
	ParentID  string `json:"parentMessageId"`
}

// typingRef is a channel's id by itself or with a thread in it.
type typingRef typingRequest

// UnmarshalJSON implements json.Unmarshaler.
func (r *typingRef) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &r.ChannelID)
	}
	return json.Unmarshal(data, (*typingRequest)(r))
}

type typingPush struct {
	ChannelID string `json:"channelId"`
	UserID    string `json:"userId"`
	UserName  string `json:"userName"`
	ParentID  string `json:"parentMessageId,omitempty"`
}

func (sess *session) typingStart(ctx context.Context, r typingRef) (any, error) {
	return nil, sess.typing(ctx, typingRequest(r), EventTypingStarted)
}

func (sess *session) typingStop(ctx context.Context, r typingRef) (any, error) {
	return nil, sess.typing(ctx, typingRequest(r), EventTypingStopped)
}

// typing tells a channel that the user writes, or no longer does, if they may write there at all.
func (sess *session) typing(ctx context.Context, r typingRequest, event string) error {
	s := sess.server
	if r.ParentID != "" && !id.Valid(r.ParentID) {
		return chat.ErrNoMessage
	}
	if !sess.typedAgain(r, event == EventTypingStarted) {
		return nil
	}
	if err := s.cfg.Chat.MayWrite(ctx, sess.who(), r.ChannelID); err != nil {
		return err
	}
	topic := bus.Channel(r.ChannelID)
	if s.cfg.Presence.HidesTyping(sess.claimed.UserID) || s.hub.sockets(topic) > typingSockets {
		return nil
	}
	data, err := json.Marshal(typingPush{ChannelID: r.ChannelID, UserID: sess.claimed.UserID, UserName: sess.who().Name, ParentID: r.ParentID})
	if err != nil {
		return err
	}
	return s.cfg.Bus.Publish(ctx, topic, bus.Event{Name: event, Data: data, Class: bus.Ephemeral})
}

// typedAgain tells whether it is time to tell of the user's writing again; of its end only when its beginning was told.
func (sess *session) typedAgain(r typingRequest, started bool) bool {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	now := time.Now()
	last, known := sess.typed[r]
	if !started {
		delete(sess.typed, r)
		return known
	}
	if now.Sub(last) < typingEvery {
		return false
	}
	if sess.typed == nil || len(sess.typed) >= typingChannels {
		sess.typed = make(map[typingRequest]time.Time)
	}
	sess.typed[r] = now
	return true
}
