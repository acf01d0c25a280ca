package signaling

import (
	"context"
	"encoding/json"
	"time"

	"github.com/digierapro/parley/chat"
)

// laneName says with which other requests of a socket one is answered in order.
type laneName uint8

const (
	chatLane laneName = iota
	callLane
	searchLane // so that a slow search holds nothing else up
	noLane     // answered where it is read: for what neither waits nor asks anybody
)

// request is one event that a client may send.
type request struct {
	doc    string // for docs/protocol.md
	lane   laneName
	handle func(ctx context.Context, sess *session, arg json.RawMessage) (any, error)
}

// handler is a request's handler once its argument is decoded.
type handler[T any] func(sess *session, ctx context.Context, arg T) (any, error)

func on[T any](lane laneName, doc string, handle handler[T]) request {
	return request{doc: doc, lane: lane, handle: func(ctx context.Context, sess *session, arg json.RawMessage) (any, error) {
		v, err := decode[T](arg)
		if err != nil {
			return nil, err
		}
		return handle(sess, ctx, v)
	}}
}

// Pushes that the edge itself makes.
const (
	EventReady        = "ready"
	EventUserChanged  = "userChanged"
	EventSessionEnded = "sessionEnded"
	EventEventsLost   = "eventsLost"
)

type readyPush struct {
	User       chat.User   `json:"user"`
	Epoch      string      `json:"epoch"`
	PeopleSeq  int64       `json:"peopleSeq"`
	ServerTime time.Time   `json:"serverTime"`
	Limits     readyLimits `json:"limits"`
}

type userChangedPush struct {
	User chat.User `json:"user"`
}

type readyLimits struct {
	MessageLength    int `json:"messageLength"`
	CallParticipants int `json:"callParticipants"`
}

type sessionEndedPush struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}
