package signaling

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/digierapro/parley/chat"
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
	return s.known(handle, inEnvelope)
}

// forService is private for services, whose bodies may be larger.
func (s *Server) forService(handle endpoint) http.Handler {
	return s.asked(true, chat.MaxDirectoryBody, handle, inEnvelope)
}

func inEnvelope(w http.ResponseWriter, data any) {
	writeJSON(w, http.StatusOK, envelope{Success: true, Data: data})
}

// known wraps an endpoint for known users, whose answer write sends.
func (s *Server) known(handle endpoint, write func(w http.ResponseWriter, answer any)) http.Handler {
	return s.asked(false, maxBody, handle, write)
}

// asked wraps an endpoint for users, or for services.
func (s *Server) asked(service bool, limit int64, handle endpoint, write func(w http.ResponseWriter, answer any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.stats.Requests.Add(1)
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		who, err := s.cfg.Verifier.Verify(r.Context(), bearer(r.Header.Get("Authorization")))
		if err == nil {
			who, err = s.cfg.Chat.AsDescribed(who), s.mayAsk(who, service)
		}
		if err == nil && !service { // the CRM's own hand may write the whole directory at once
			err = s.takePath(r, who)
		}
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

var (
	errServiceOnly   = fault.New(fault.Forbidden, "service_only", "The directory is for the CRM's own service token.")
	errNotForService = fault.New(fault.Forbidden, "not_for_services", "A service token is for the directory only.")
)

// mayAsk keeps services and people apart, and those out who were deactivated.
func (s *Server) mayAsk(who auth.Identity, service bool) error {
	switch {
	case s.cfg.Chat.Barred(who.UserID):
		return chat.ErrDeactivated
	case who.Role == auth.RoleService && !service:
		return errNotForService
	case who.Role != auth.RoleService && service:
		return errServiceOnly
	}
	return nil
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
