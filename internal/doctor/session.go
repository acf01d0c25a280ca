package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/stun/v3"
)

// session is a connection test of the server's, of which we use the ICE: it has credentials like those of a browser in a
// call, and the server answers checks that prove knowledge of them on every way that a browser may take.
type session struct {
	id         string
	userName   string // "server's:ours"
	password   string // the server's
	candidates []candidate
	servers    []iceServer
}

// candidate is an address of the server's.
type candidate struct {
	network string // udp or tcp
	address netip.AddrPort
}

type iceServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

const (
	ourUfrag    = "doct"
	ourPassword = "parleydoctorparleydoctor"
)

// offer is the smallest that the server answers. Its certificate is nobody's: we never get to DTLS.
var offer = strings.Join([]string{
	"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
	"m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0", "a=rtcp-mux", "a=recvonly", "a=setup:actpass",
	"a=ice-ufrag:" + ourUfrag, "a=ice-pwd:" + ourPassword, "a=rtpmap:111 opus/48000/2",
	"a=fingerprint:sha-256 00" + strings.Repeat(":00", 31), "",
}, "\r\n")

// errRefused: the server does not take our token.
var errRefused = errors.New("the server does not take the token")

func (t *Target) openSession(ctx context.Context) (*session, error) {
	body, err := json.Marshal(map[string]any{"offers": []map[string]string{{"kind": "play", "sdp": offer}}})
	if err != nil {
		return nil, err
	}
	status, raw, err := t.request(ctx, http.MethodPost, "/api/connection-test", string(body))
	if err != nil {
		return nil, err
	}
	if status == http.StatusUnauthorized {
		return nil, errRefused
	}
	var answer struct {
		Error string `json:"error"`
		Data  struct {
			TestID     string      `json:"testId"`
			Answers    []string    `json:"answers"`
			ICEServers []iceServer `json:"iceServers"`
		} `json:"data"`
	}
	if json.Unmarshal(raw, &answer) != nil || status != http.StatusOK || len(answer.Data.Answers) != 1 {
		return nil, fmt.Errorf("the server begins no test: status %d %s", status, answer.Error)
	}
	s := &session{id: answer.Data.TestID, servers: answer.Data.ICEServers}
	return s, s.read(answer.Data.Answers[0])
}

// close ends the session at the server, if one was opened.
func (t *Target) close(ctx context.Context) {
	if s, err := t.calls.of(ctx); err == nil {
		_, _, _ = t.request(ctx, http.MethodDelete, "/api/connection-test/"+s.id, "") // else it ends by itself
	}
}

func (s *session) read(answer string) error {
	for line := range strings.Lines(answer) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch key {
		case "a=ice-ufrag":
			s.userName = value + ":" + ourUfrag
		case "a=ice-pwd":
			s.password = value
		case "a=candidate":
			// RFC 8839 section 5.1: foundation, component, transport, priority, address, port
			fields := strings.Fields(value)
			if len(fields) < 6 {
				continue
			}
			addr, addrErr := netip.ParseAddr(fields[4])
			port, portErr := strconv.ParseUint(fields[5], 10, 16)
			if addrErr == nil && portErr == nil {
				s.candidates = append(s.candidates, candidate{strings.ToLower(fields[2]), netip.AddrPortFrom(addr, uint16(port))})
			}
		}
	}
	if s.userName == "" || s.password == "" || len(s.candidates) == 0 {
		return errors.New("the server's answer names no way to it")
	}
	return nil
}

// of are the session's addresses for a network.
func (s *session) of(network string) (addresses []netip.AddrPort) {
	for _, c := range s.candidates {
		if c.network == network {
			addresses = append(addresses, c.address)
		}
	}
	return addresses
}

// request is a connectivity check as a browser sends it: RFC 8445 section 7.2.2.
func (s *session) request() (*stun.Message, error) {
	return stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(s.userName),
		stun.RawAttribute{Type: stun.AttrPriority, Value: []byte{0x6e, 0, 1, 0xff}},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: []byte{1, 2, 3, 4, 5, 6, 7, 8}},
		stun.NewShortTermIntegrity(s.password), stun.Fingerprint)
}

// plainRequest asks for nothing but our own address: RFC 8489 section 2.
func plainRequest() (*stun.Message, error) {
	return stun.Build(stun.TransactionID, stun.BindingRequest, stun.Fingerprint)
}

// splitHost is the host and port of an address that the operator or the server has written.
func splitHost(address, usualPort string) (host, port string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return strings.Trim(address, "[]"), usualPort
	}
	return host, port
}
