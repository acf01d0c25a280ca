package signaling

import (
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): an offer is POSTed and answered, and is a seat in the call from then
// on. The session's path takes PATCH, for its ICE, and DELETE.

// Media types of the two protocols.
const (
	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag"
)

// maxSDP is the largest offer or fragment, in bytes.
const maxSDP = 64 << 10

// streamPaths are the paths of WHIP and WHEP, which need a user and speak SDP where the others speak JSON; their errors
// are those of all others. docs/protocol.md is held against it.
var streamPaths = []restPath{
	{"POST /api/calls/{id}/whip", "Publish: an offer that sends is a new participant of the call. Its first audio section is the microphone and its first video section the camera; second ones are a screen with its sound.", postStream(call.Publishing)},
	{"PATCH /api/calls/{id}/whip/{session}", "More ICE candidates (answered 204), or an ICE restart (200). Needs an `If-Match`. A newer token of the user prolongs the session.", patchStream(call.Publishing)},
	{"DELETE /api/calls/{id}/whip/{session}", "End it; its own user only.", deleteStream(call.Publishing)},
	{"POST /api/calls/{id}/whep", "Play: each section of the offer receives, and is a slot; they are filled as without `setView`, at the highest layer. Who plays is a participant too.", postStream(call.Playing)},
	{"PATCH /api/calls/{id}/whep/{session}", "As for `whip`.", patchStream(call.Playing)},
	{"DELETE /api/calls/{id}/whep/{session}", "As for `whip`.", deleteStream(call.Playing)},
}

// streamRoutes mounts them, and what they answer to those who only ask what there is.
func (s *Server) streamRoutes(mux *http.ServeMux) {
	for _, p := range streamPaths {
		mux.Handle(p.pattern, s.known(p.handle, func(w http.ResponseWriter, answer any) { answer.(*streamAnswer).write(w) }))
	}
	for _, kind := range []call.StreamKind{call.Publishing, call.Playing} {
		endpoint := "/api/calls/{id}/" + string(kind)
		accept := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Accept-Post", typeSDP)
			w.Header().Set("Content-Type", typeSDP) // by which players recognize a WHEP endpoint
			w.WriteHeader(http.StatusOK)
		}
		acceptPatch := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Accept-Patch", typeFragment)
			w.WriteHeader(http.StatusNoContent)
		}
		for _, method := range []string{"GET ", "OPTIONS "} { // GET takes HEAD, too
			mux.HandleFunc(method+endpoint, accept)
			mux.HandleFunc(method+endpoint+"/{session}", acceptPatch)
		}
	}
}

// streamAnswer is what a stream's path answers.
type streamAnswer struct {
	status      int
	contentType string
	body        string
	location    string
	generation  string
	servers     []ICEServer
}

func (a *streamAnswer) write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if a.generation != "" {
		h.Set("ETag", `"`+a.generation+`"`)
	}
	for _, server := range a.servers {
		for _, link := range server.links() {
			h.Add("Link", link)
		}
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

func postStream(kind call.StreamKind) endpoint {
	return func(s *Server, r *http.Request, who auth.Identity) (any, error) {
		offer, err := readText(r, typeSDP)
		if err != nil {
			return nil, err
		}
		if err := s.admit(r.Context(), who); err != nil {
			return nil, err
		}
		stream, err := s.cfg.Calls.Stream(r.Context(), who, call.StreamRequest{CallID: r.PathValue("id"), Kind: kind, SDP: offer})
		if err != nil {
			return nil, err
		}
		return &streamAnswer{
			status: http.StatusCreated, contentType: typeSDP, body: stream.SDP, generation: stream.Generation,
			location: r.URL.Path + "/" + stream.ParticipantID, servers: s.iceServersFor(r, who, stream.ParticipantID),
		}, nil
	}
}

func patchStream(kind call.StreamKind) endpoint {
	return func(s *Server, r *http.Request, who auth.Identity) (any, error) {
		fragment, err := readText(r, typeFragment)
		if err != nil {
			return nil, err
		}
		restarted, err := s.cfg.Calls.PatchStream(r.Context(), who, streamRef(r, kind), call.StreamPatch{IfMatch: entityTags(r), Fragment: fragment})
		if err != nil {
			return nil, err
		}
		if restarted.Fragment == "" {
			return &streamAnswer{status: http.StatusNoContent}, nil
		}
		return &streamAnswer{
			status: http.StatusOK, contentType: typeFragment, body: restarted.Fragment, generation: restarted.Generation,
		}, nil
	}
}

func deleteStream(kind call.StreamKind) endpoint {
	return func(s *Server, r *http.Request, who auth.Identity) (any, error) {
		if err := s.cfg.Calls.EndStream(who, streamRef(r, kind)); err != nil {
			return nil, err
		}
		return &streamAnswer{status: http.StatusOK}, nil
	}
}

func streamRef(r *http.Request, kind call.StreamKind) call.StreamRef {
	return call.StreamRef{CallID: r.PathValue("id"), Kind: kind, ParticipantID: r.PathValue("session")}
}

// readText reads a body of a media type.
func readText(r *http.Request, want string) (string, error) {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != want {
		return "", fault.Newf(fault.Invalid, "unsupported_media_type", "Send the body with Content-Type %s.", want)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxSDP+1))
	if err != nil {
		return "", err
	}
	if len(raw) > maxSDP {
		return "", fault.Newf(fault.TooLarge, "sdp_too_large", "The body is larger than %d bytes.", maxSDP).With("limit", maxSDP)
	}
	return string(raw), nil
}

// entityTags are those of If-Match, RFC 9110 section 13.1.1: a list of them, or "*" (which RFC 9725 writes in quotes).
func entityTags(r *http.Request) (tags []string) {
	for _, header := range r.Header.Values("If-Match") {
		for tag := range strings.SplitSeq(header, ",") {
			if tag = strings.Trim(strings.TrimSpace(tag), `"`); tag != "" {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}
