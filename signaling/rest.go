package signaling

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// maxBody is the largest body of a REST request: the largest message with every character escaped.
const maxBody = 128 << 10

// endpoint answers one REST request of a known user with its data.
type endpoint func(s *Server, r *http.Request, who auth.Identity) (any, error)

// restPath is one row of the list of paths.
type restPath struct {
	pattern string // of net/http.ServeMux
	doc     string // for docs/protocol.md
	handle  endpoint
}

// paths is all of REST that needs a user. docs/protocol.md is held against it.
var paths = []restPath{
	{"GET /api/me", "Who the token says one is.", (*Server).getMe},
	{"GET /api/users", "People whose name contains `search`, at most 20 (`limit`). A client of the company finds nobody.", (*Server).listUsers},
	{"GET /api/channels", "One's channels, the last active first, and the epoch of their counters. `activeCall` is there while a call goes on; `participants` are listed for direct messages.", (*Server).listChannels},
	{"POST /api/channels", "Open the direct message with another user (`channelType: \"dm\"`), and make it when there is none: `created` tells. Oneself may be listed among the two participants.", (*Server).createChannel},
	{"GET /api/channels/general", "The company-wide channel, as `GET /api/channels/{id}`.", (*Server).getGeneral},
	{"GET /api/channels/{id}", "One channel.", (*Server).getChannel},
	{"GET /api/communications", "A page of a channel's messages, oldest first: the newest, or those `before` or `after` a message (its `seq` or its id, exclusive), `limit` 1 to 100, 50 if not given. `eventSeq` was read before the messages: apply pushes from there on.", (*Server).listMessages},
	{"POST /api/communications", "As the event `sendMessage`.", (*Server).postMessage},
	{"GET /api/calls", "Calls of one's channels, newest first; `channelId` narrows, `before` (a call's id) pages, `limit` 1 to 100, 20 if not given.", (*Server).listCalls},
	{"POST /api/calls", "As the event `initiateCall`: start a call and ring, or find the one that is going on. A call that nobody joins ends after 45 s.", (*Server).postCall},
	{"GET /api/calls/{id}", "One call.", (*Server).getCall},
	{"POST /api/connection-test", "A private room in which one's own connection is measured: an offer of the kind `publish` (its sections send), one of the kind `play` (its sections receive what is published), or both, each answered. A user has one at a time; it ends after 20 s or when it is deleted. Nobody is rung and nothing is recorded.", (*Server).postConnectionTest},
	{"DELETE /api/connection-test/{id}", "Ends it.", (*Server).deleteConnectionTest},
}

// statuses maps kinds of failure to HTTP.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.RateLimited:     http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// exactStatuses are those of codes that HTTP has a status of its own for.
var exactStatuses = map[string]int{
	"unsupported_media_type": http.StatusUnsupportedMediaType,
	"etag_missing":           http.StatusPreconditionRequired,
	"etag_mismatch":          http.StatusPreconditionFailed,
}

func statusOf(code string, kind fault.Kind) int {
	if status, ok := exactStatuses[code]; ok {
		return status
	}
	return statuses[kind]
}

// private wraps an endpoint: token first, then the answer in the envelope.
func (s *Server) private(handle endpoint) http.Handler {
	return s.known(handle, func(w http.ResponseWriter, data any) {
		writeJSON(w, http.StatusOK, envelope{Success: true, Data: data})
	})
}

// known wraps an endpoint for known users, whose answer write sends.
func (s *Server) known(handle endpoint, write func(w http.ResponseWriter, answer any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.stats.Requests.Add(1)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		who, err := s.cfg.Verifier.Verify(r.Context(), bearer(r.Header.Get("Authorization")))
		if err != nil {
			s.fail(w, r, err)
			return
		}
		answer, err := s.safely(who, r.Pattern, func() (any, error) { return handle(s, r, who) })
		if err != nil {
			s.fail(w, r, err)
			return
		}
		write(w, answer)
	})
}

type envelope struct {
	Success bool `json:"success"`
	Data    any  `json:"data"`
}

type failure struct {
	Success bool `json:"success"`
	wireError
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.From(err)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		f = fault.Newf(fault.TooLarge, "body_too_large", "A request body is at most %d bytes.", tooLarge.Limit)
	}
	if f.Kind == fault.Internal {
		s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if f.Kind == fault.Unauthenticated {
		w.Header().Set("WWW-Authenticate", `Bearer realm="parley"`)
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
	}
	writeJSON(w, statusOf(f.Code, f.Kind), failure{wireError: errorOf(f)})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, `{"success":false,"error":"Something went wrong on the server.","code":"internal"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// decodeBody reads a JSON body.
func decodeBody[T any](r *http.Request) (T, error) {
	var v T
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return v, fault.New(fault.Invalid, "bad_request", "The body is JSON: send it with Content-Type application/json.")
	}
	raw, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return v, err
	case err != nil: // the client gave up, or was too slow
		return v, fault.Wrap(err, fault.Invalid, "bad_request", "The body did not arrive.")
	}
	return decode[T](raw)
}
