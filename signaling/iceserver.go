package signaling

import (
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

// iceServers are those that a user is told of; never nil.
func (s *Server) iceServers(who auth.Identity) []ICEServer {
	if s.cfg.ICEServers == nil {
		return []ICEServer{}
	}
	return append([]ICEServer{}, s.cfg.ICEServers(who)...)
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
