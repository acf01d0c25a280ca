package doctor

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"github.com/digierapro/parley/configs"
)

const (
	fakeUfrag    = "serv"
	fakePassword = "0123456789012345678901"
)

// fakeServer is a Parley as far as the doctor talks to it: HTTP, media that answers checks over UDP and TCP, and pion's own
// TURN server.
type fakeServer struct {
	t          *testing.T
	http       *httptest.Server
	udp        net.PacketConn
	tcp        net.Listener
	candidates []string
	servers    []iceServer
	health     string
	ended      int
	wg         sync.WaitGroup
}

func newFakeServer(t *testing.T) *fakeServer {
	t.Helper()
	f := &fakeServer{t: t, health: `{"status":"UP","checks":{"media":"UP","database":"UP"}}`}
	var err error
	f.udp, err = net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	f.tcp, err = net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	f.wg.Go(f.answerUDP)
	f.wg.Go(f.answerTCP)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, f.health) })
	mux.HandleFunc("POST /api/connection-test", f.begin)
	mux.HandleFunc("DELETE /api/connection-test/{id}", func(http.ResponseWriter, *http.Request) { f.ended++ })
	f.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		f.http.Close()
		_, _ = f.udp.Close(), f.tcp.Close()
		f.wg.Wait()
	})
	return f
}

func (f *fakeServer) target(token string) *Target {
	f.t.Helper()
	target, err := NewTarget(f.http.URL, token, nil)
	must(f.t, err)
	return target
}

// offers adds a candidate.
func (f *fakeServer) offers(network string, addr net.Addr) {
	host, port, err := net.SplitHostPort(addr.String())
	must(f.t, err)
	f.candidates = append(f.candidates, fmt.Sprintf("a=candidate:1 1 %s 1 %s %s typ host", network, host, port))
}

func (f *fakeServer) begin(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer right" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	answer := strings.Join(append([]string{"v=0", "a=ice-ufrag:" + fakeUfrag, "a=ice-pwd:" + fakePassword}, f.candidates...), "\r\n")
	must(f.t, json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{
		"testId": "t1", "answers": []string{answer}, "iceServers": f.servers,
	}}))
}

// answer is a binding response to a request that knows our password, or that asks for nothing; nil for any other.
func (f *fakeServer) answer(request []byte) []byte {
	m := &stun.Message{Raw: request}
	if m.Decode() != nil {
		return nil
	}
	var user stun.Username
	if user.GetFrom(m) == nil && (string(user) != fakeUfrag+":"+ourUfrag || stun.NewShortTermIntegrity(fakePassword).Check(m) != nil) {
		return nil
	}
	response, err := stun.Build(stun.NewTransactionIDSetter(m.TransactionID), stun.BindingSuccess, stun.Fingerprint)
	must(f.t, err)
	return response.Raw
}

func (f *fakeServer) answerUDP() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := f.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		if answer := f.answer(buf[:n]); answer != nil {
			_, _ = f.udp.WriteTo(answer, from)
		}
	}
}

func (f *fakeServer) answerTCP() {
	for {
		conn, err := f.tcp.Accept()
		if err != nil {
			return
		}
		frame := make([]byte, maxDatagram)
		if _, err := io.ReadFull(conn, frame[:2]); err == nil {
			n := binary.BigEndian.Uint16(frame)
			if _, err := io.ReadFull(conn, frame[:n]); err == nil {
				answer := f.answer(frame[:n])
				_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
			}
		}
		_ = conn.Close()
	}
}

// silentUDP is a port that takes everything and says nothing, as a firewall does.
func silentUDP(t *testing.T) net.Addr {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr()
}

// quickly bounds a check that is sure to wait.
func quickly(c Check) Check {
	c.Timeout = 700 * time.Millisecond
	return c
}

func way(t *testing.T, target *Target, name string) Check {
	t.Helper()
	for _, check := range target.callChecks() {
		if check.Name == name {
			return check
		}
	}
	t.Fatalf("there is no check %q", name)
	return Check{}
}

func TestCallsOverUDPAndTCP(t *testing.T) {
	f := newFakeServer(t)
	f.offers("udp", f.udp.LocalAddr())
	wants(t, way(t, f.target("right"), "call over UDP"), OK, f.udp.LocalAddr().String())
	wants(t, way(t, f.target("right"), "call over TCP"), Warning, "no address over TCP")
	wants(t, way(t, f.target("wrong"), "call over UDP"), Warning, "--token")

	f.offers("tcp", f.tcp.Addr())
	f.offers("udp", silentUDP(t))
	wants(t, way(t, f.target("right"), "call over TCP"), OK, f.tcp.Addr().String())
	wants(t, way(t, f.target("right"), "call over UDP"), OK, "no answer of")
	own := f.target("right")
	own.local = true
	wants(t, way(t, own, "call over UDP"), OK, "no answer of") // a private one, which others may reach
	f.offers("udp", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 9})
	own = f.target("right")
	own.local = true
	wants(t, way(t, own, "call over UDP"), Warning, "parley doctor --probe")

	f.candidates = nil
	f.offers("udp", silentUDP(t))
	f.offers("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	wants(t, quickly(way(t, f.target("right"), "call over UDP")), Failed, "media.publicIp")
	wants(t, way(t, f.target("right"), "call over TCP"), Failed, "Open the TCP port")

	plan := Remote(f.target("right"))
	if worst := Run(t.Context(), plan.Checks[:1], func(Result) {}); worst != OK || f.ended != 0 {
		t.Errorf("%s, ended %d", worst, f.ended)
	}
	plan.Close(t.Context())
	if f.ended != 1 {
		t.Errorf("the session was ended %d times", f.ended)
	}
}

func TestSTUNWithoutAToken(t *testing.T) {
	f := newFakeServer(t)
	at := func(addr net.Addr) *Target {
		target, err := NewTarget("http://"+addr.String(), "", nil)
		must(t, err)
		return target
	}
	wants(t, at(f.udp.LocalAddr()).checkSTUN(), OK, "answers in")
	wants(t, quickly(at(silentUDP(t)).checkSTUN()), Failed, "no answer came")
}

func TestHealthOfATarget(t *testing.T) {
	f := newFakeServer(t)
	check := func() Check { return f.target("").checkHealth("health", "Start the server.") }
	wants(t, check(), OK, "UP")
	f.health = `{"status":"DEGRADED","checks":{"media":"UP","database":"DOWN"}}`
	wants(t, check(), Warning, "database")
	f.health = `<html>`
	wants(t, check(), Failed, "not Parley")
	wants(t, f.target("").checkTCP(), OK, "connected")
	f.http.Close()
	wants(t, check(), Failed, "refused")
	wants(t, f.target("").checkTCP(), Failed, "Open it in the firewall")
}

func TestAddressesOfTargets(t *testing.T) {
	for text, want := range map[string]string{
		"parley.example.com": "parley.example.com:443", "parley.example.com:8443": "parley.example.com:8443",
		"http://192.0.2.1": "192.0.2.1:80", "https://[2001:db8::1]:9": "[2001:db8::1]:9",
	} {
		if target, err := NewTarget(text, "", nil); err != nil || target.address() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"", "https://", "ftp://a", "https://a/b", "a b", "https://a:x"} {
		if _, err := NewTarget(text, "", nil); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestPorts(t *testing.T) {
	f := newFakeServer(t)
	own := f.target("")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := free.Addr().String()
	must(t, free.Close())
	nobody, err := NewTarget("http://127.0.0.1:1", "", nil)
	must(t, err)
	taken, takenUDP := f.http.Listener.Addr().String(), f.udp.LocalAddr().String()

	wants(t, checkTCPPort(address, "server.listen", own), OK, "free")
	wants(t, checkTCPPort(taken, "server.listen", own), OK, "the server answers")
	wants(t, checkTCPPort(taken, "server.listen", nobody), Failed, "taken by another program")
	wants(t, checkTCPPort("192.0.2.1:80", "server.listen", own), Failed, "not one of this machine's")
	wants(t, checkUDPPort(address, own), OK, "free")
	wants(t, checkUDPPort(takenUDP, own), OK, "open")
	wants(t, checkUDPPort(takenUDP, nobody), Failed, "taken by another program")
	f.health = `{"status":"DOWN","checks":{"media":"DOWN"}}`
	wants(t, checkTCPPort(taken, "server.listen", own), Warning, "DOWN: media")
	wants(t, checkUDPPort(takenUDP, own), Failed, "media port")
}

func TestLocal(t *testing.T) {
	f := newFakeServer(t)
	f.offers("udp", f.udp.LocalAddr())
	listen := f.http.Listener.Addr().String()
	cfg := &configs.Config{Server: configs.Server{Listen: listen, PublicURL: "http://parley.example.com"}, Data: configs.Data{Dir: t.TempDir()}}
	names := func(p Plan) (list string) {
		for _, c := range p.Checks {
			list += c.Name + ";"
		}
		return list
	}
	plan := Local(t.Context(), cfg, "right")
	if got := names(plan); !strings.Contains(got, "call over UDP;") || !strings.Contains(got, "public address;") || strings.Contains(got, "keys of the CRM") {
		t.Error(got)
	}
	for _, c := range plan.Checks {
		switch c.Name {
		case "public address":
			wants(t, c, Failed, "https")
		case "call over UDP", "TCP port":
			wants(t, c, OK, "")
		}
	}
	plan.Close(context.Background())
	if got := Local(t.Context(), cfg, ""); !strings.Contains(got.Note, "token") || strings.Contains(names(got), "call over") {
		t.Errorf("without a token: %s %s", got.Note, names(got))
	}
	cfg.Server.Listen, cfg.Auth.JWKSURL, cfg.Server.AllowedOrigins = "127.0.0.1:1", "http://127.0.0.1:1", []string{"https://a.example"}
	got := Local(t.Context(), cfg, "right")
	if list := names(got); !strings.Contains(got.Note, "start the server") || !strings.Contains(list, "keys of the CRM;clock;") || !strings.Contains(list, "allowed origins;") {
		t.Errorf("without a server: %s %s", got.Note, list)
	}
}
