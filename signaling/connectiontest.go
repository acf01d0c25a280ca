package signaling

import (
	"net/http"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/internal/auth"
)

// connectionTest is the body of a request for one.
type connectionTest struct {
	Offers []struct {
		Kind string `json:"kind"`
		SDP  string `json:"sdp"`
	} `json:"offers"`
}

// connectionTestKinds are the kinds of offers, as a client names them.
var connectionTestKinds = map[string]call.StreamKind{"publish": call.Publishing, "play": call.Playing}

type connectionTestAnswer struct {
	TestID     string      `json:"testId"`
	Answers    []string    `json:"answers"`
	ExpiresAt  time.Time   `json:"expiresAt"`
	ICEServers []ICEServer `json:"iceServers"`
}

func (s *Server) postConnectionTest(r *http.Request, who auth.Identity) (any, error) {
	body, err := decodeBody[connectionTest](r)
	if err != nil {
		return nil, err
	}
	offers := make([]call.TrialOffer, len(body.Offers))
	for i, o := range body.Offers {
		offers[i] = call.TrialOffer{Kind: connectionTestKinds[o.Kind], SDP: o.SDP}
	}
	trial, err := s.cfg.Calls.StartTrial(r.Context(), who, offers)
	if err != nil {
		return nil, err
	}
	return connectionTestAnswer{TestID: trial.ID, Answers: trial.Answers, ExpiresAt: trial.Expires, ICEServers: s.iceServersForTrial(r, who)}, nil
}

func (s *Server) deleteConnectionTest(r *http.Request, who auth.Identity) (any, error) {
	return struct{}{}, s.cfg.Calls.EndTrial(who, r.PathValue("id"))
}
