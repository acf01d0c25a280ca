package engineio

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Errors of Session.Send.
var (
	ErrClosed   = errors.New("engineio: session is closed")
	ErrTooLarge = errors.New("engineio: message is larger than MaxOutgoing")
)

// requestError is an answer to a request that the protocol does not allow.
type requestError struct {
	status  int
	code    int
	message string
}

// The errors that the protocol names, and two of our own.
var (
	errTransportUnknown = requestError{http.StatusBadRequest, 0, "Transport unknown"}
	errSessionUnknown   = requestError{http.StatusBadRequest, 1, "Session ID unknown"}
	errHandshakeMethod  = requestError{http.StatusBadRequest, 2, "Bad handshake method"}
	errBadRequest       = requestError{http.StatusBadRequest, 3, "Bad request"}
	errForbidden        = requestError{http.StatusForbidden, 4, "Forbidden"}
	errProtocolVersion  = requestError{http.StatusBadRequest, 5, "Unsupported protocol version"}

	errPayloadTooLarge = requestError{http.StatusRequestEntityTooLarge, 3, "Payload too large"}
	errTooMany         = requestError{http.StatusTooManyRequests, 4, "Too many connections"}
	errShuttingDown    = requestError{http.StatusServiceUnavailable, 3, "Server shutting down"}
)

func (e requestError) write(w http.ResponseWriter) {
	body, err := json.Marshal(map[string]any{"code": e.code, "message": e.message})
	if err != nil {
		http.Error(w, e.message, e.status)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(e.status)
	_, _ = w.Write(body) // a client that has gone away needs no answer
}
