package signaling

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/digierapro/parley/internal/auth"
)

// ICEServer is an RTCIceServer of the browser. The server's own address is in its answers, so none is needed while the
// client can reach it directly.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// ICERequest says for whom ICE servers are.
type ICERequest struct {
	Who           auth.Identity
	ParticipantID string     // the seat; "" for none
	Trial         bool       // each way is tried by itself, by a connection that knows of no other
	Host          string     // by which the client reached us, with its port if it has one
	Address       netip.Addr // of the client
}

// iceServers are those that a client is told of; never nil.
func (s *Server) iceServers(r ICERequest) []ICEServer {
	if s.cfg.ICEServers == nil {
		return []ICEServer{}
	}
	return append([]ICEServer{}, s.cfg.ICEServers(r)...)
}

// iceServersFor are those of a REST client.
func (s *Server) iceServersFor(r *http.Request, who auth.Identity, participantID string) []ICEServer {
	return s.iceServers(ICERequest{Who: who, ParticipantID: participantID, Host: r.Host, Address: s.proxies.remoteAddr(r)})
}

// iceServersFor are those of a socket's client.
func (sess *session) iceServersFor(participantID string) []ICEServer {
	h := sess.socket.Handshake()
	return sess.server.iceServers(ICERequest{Who: sess.who(), ParticipantID: participantID, Host: h.Host, Address: h.RemoteAddr})
}

type iceServersAnswer struct {
	ICEServers []ICEServer `json:"iceServers"`
}

// iceServersForTrial are those of a connection test.
func (s *Server) iceServersForTrial(r *http.Request, who auth.Identity) []ICEServer {
	return s.iceServers(ICERequest{Who: who, Trial: true, Host: r.Host, Address: s.proxies.remoteAddr(r)})
}

func (s *Server) getICEServers(r *http.Request, who auth.Identity) (any, error) {
	return iceServersAnswer{ICEServers: s.iceServersFor(r, who, "")}, nil
}

// links are the Link headers by which WHIP and WHEP tell of it: RFC 9725 section 4.6.
func (i ICEServer) links() (links []string) {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace
	for _, url := range i.URLs {
		link := "<" + url + `>; rel="ice-server"`
		if i.Username != "" {
			link += `; username="` + quote(i.Username) + `"; credential="` + quote(i.Credential) + `"; credential-type="password"`
		}
		links = append(links, link)
	}
	return links
}
