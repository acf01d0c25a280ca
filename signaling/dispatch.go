package signaling

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/signaling/socketio"
	"github.com/digierapro/parley/signaling/socketio/engineio"
)

func sessionOf(socket *socketio.Socket) *session {
	sess, _ := socket.Get().(*session)
	return sess
}

// dispatch answers one event from a client. Every request gets an answer if it asks for one, an unknown one too.
func (s *Server) dispatch(socket *socketio.Socket, ev *socketio.Event) {
	sess := sessionOf(socket)
	s.stats.Events.Add(1)
	request, known := requests[ev.Name()]
	if !known {
		s.stats.UnknownEvents.Add(1)
		s.answer(sess, ev, nil, fault.Newf(fault.Invalid, "unknown_event", "There is no event %.64q.", ev.Name()))
		return
	}
	var arg json.RawMessage
	if args := ev.Args(); len(args) > 0 {
		arg = args[0]
	}
	if err := s.limiter.takeEvent(sess.claimed.UserID, limitEvents, ev.Name(), func() string { return clientIDOf(arg) }); err != nil {
		s.answer(sess, ev, nil, err) // at once, whatever waits in the lane
		return
	}
	work := func() {
		ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
		defer cancel()
		result, err := s.safely(sess.claimed, ev.Name(), func() (any, error) { return request.handle(ctx, sess, arg) })
		s.answer(sess, ev, result, err)
	}
	switch request.lane {
	case noLane:
		work()
	case callLane:
		sess.call.do(work)
	case searchLane:
		sess.searches.do(work)
	default:
		sess.chat.do(work)
	}
}

// safely keeps a defect in one request from ending the process.
func (s *Server) safely(who auth.Identity, what string, fn func() (any, error)) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.stats.Panics.Add(1)
			s.log.Error("request panicked", "request", what, "user", who.UserID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			result, err = nil, fault.New(fault.Internal, "internal", "Something went wrong on the server.")
		}
	}()
	return fn()
}

func (s *Server) answer(sess *session, ev *socketio.Event, result any, err error) {
	if err == nil {
		if err = s.succeed(ev, result); err == nil {
			return
		}
	}
	f := fault.From(err)
	s.stats.Errors.Add(1)
	if f.Kind == fault.Internal {
		s.log.Error("request failed", "request", ev.Name(), "user", sess.claimed.UserID, "error", err)
	}
	_ = ev.Ack(errorOf(f))
}

// succeed sends the result. An error is one of ours; that the client has gone is none.
func (s *Server) succeed(ev *socketio.Event, result any) error {
	ack, err := success(result)
	if err != nil {
		return err
	}
	if err := ev.Ack(ack); errors.Is(err, engineio.ErrTooLarge) {
		return fmt.Errorf("an ack of %d bytes: %w", len(ack), err)
	}
	return nil
}

// wireError is a fault as clients see it.
type wireError struct {
	Error        string         `json:"error"`
	Code         string         `json:"code"`
	Details      map[string]any `json:"details,omitempty"`
	RetryAfterMs int64          `json:"retryAfterMs,omitempty"`
}

func errorOf(f *fault.Error) wireError {
	return wireError{Error: f.Message, Code: f.Code, Details: f.Details, RetryAfterMs: int64((f.RetryAfter + time.Millisecond - 1) / time.Millisecond)}
}

// success encodes an ack: {"success": true} and the fields of result, which is nil or encodes as an object.
func success(result any) (json.RawMessage, error) {
	if result == nil {
		return json.RawMessage(`{"success":true}`), nil
	}
	fields, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encode an ack: %w", err)
	}
	if bytes.Equal(fields, []byte("{}")) {
		return json.RawMessage(`{"success":true}`), nil
	}
	return append([]byte(`{"success":true,`), fields[1:]...), nil
}

// decode reads a request's argument. Fields it does not know are left alone: clients send more than we need.
func decode[T any](arg json.RawMessage) (T, error) {
	var v T
	if len(arg) == 0 {
		return v, fault.New(fault.Invalid, "bad_request", "This event needs an argument.")
	}
	if err := json.Unmarshal(arg, &v); err != nil {
		f := fault.Wrap(err, fault.Invalid, "bad_request", "The event's argument does not have the form that docs/protocol.md gives.")
		var wrongType *json.UnmarshalTypeError
		if errors.As(err, &wrongType) && wrongType.Field != "" {
			f = f.With("field", wrongType.Field)
		}
		return v, f
	}
	return v, nil
}
