package main

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// What hostile clients may cost a server for good: memory that the collector has not given back, and goroutines of
// connections that are on their way out.
const (
	hostileBytes      = 96 << 20
	hostileGoroutines = 30
)

// TestHostileClients lets loose on one server whatever can reach its ports without a token or with one. Each attack is
// answered with an error or a closed connection and counted; after all of them the server is as it was.
func TestHostileClients(t *testing.T) {
	p := startServer(t, dataFolder(t))
	victim := p.connect("victim")
	general := p.general("victim")
	attacks := []struct {
		name    string
		attack  func(*testing.T, *process)
		counted string // a series that must have grown
	}{
		{"bytes that are no HTTP", attackTCP, ""},
		{"datagrams", attackUDP, `parley_transport_dropped_total{reason="garbage"}`},
		{"forged STUN", attackSTUN, `parley_transport_dropped_total{reason="unknown_ufrag"}`},
		{"REST", attackREST, "parley_http_requests_total"},
		{"polling", attackPolling, `parley_engineio_refused_total{reason="request"}`},
		{"a foreign page", attackFromForeignPage, `parley_engineio_refused_total{reason="origin"}`},
		{"wrong tokens", attackTokens, "parley_socket_refused_total"},
		{"frames before the connect", attackBeforeConnect, `parley_engineio_closed_total{reason="parse_error"}`},
		{"frames after it", attackAfterConnect, "parley_socketio_malformed_total"},
		{"a frame that is too large", attackLargeFrame, `parley_engineio_closed_total{reason="message_too_large"}`},
		{"fragments", attackFragments, `parley_engineio_closed_total{reason="rate_limit"}`},
		{"too many sockets", attackCrowd, `parley_engineio_refused_total{reason="limit"}`},
		{"arguments", attackArguments, "parley_event_errors_total"},
		{"calls of others", attackCalls, "parley_event_errors_total"},
		{"joins and leaves at once", attackByRace, "parley_events_total"},
	}
	base := p.metric("go_goroutines")
	for _, a := range attacks {
		before := 0.0
		if a.counted != "" {
			before = p.metric(a.counted)
		}
		began := time.Now()
		a.attack(t, p)
		t.Logf("%s: %v", a.name, time.Since(began).Round(time.Millisecond))
		if a.counted != "" {
			eventually(t, a.name+" is counted in "+a.counted, func() bool { return p.metric(a.counted) > before })
		}
		if err := p.send(victim, general, "still here after "+a.name); err != nil {
			t.Fatalf("%s: an honest client: %v", a.name, err)
		}
	}
	resident := p.metric("process_resident_memory_bytes")
	for range 2 { // what was paid once, such as pools, has been paid by the first round
		attackAfterConnect(t, p)
		attackREST(t, p)
		attackArguments(t, p)
		attackByRace(t, p)
	}
	if more := p.metric("process_resident_memory_bytes") - resident; more > hostileBytes {
		t.Errorf("%.0f MiB more", more/(1<<20))
	}
	eventually(t, "goroutines end", func() bool { return p.metric("go_goroutines") <= base+hostileGoroutines })
	for _, series := range []string{"parley_panics_total", "parley_socketio_panics_total"} {
		if n := p.metric(series); n != 0 {
			t.Errorf("%s is %.0f", series, n)
		}
	}
	for _, word := range []string{"panic", "DATA RACE", "level=ERROR", "database server says"} {
		if strings.Contains(p.log.String(), word) {
			t.Errorf("%q is in the log", word)
		}
	}
}

// attackTCP sends what is not HTTP. The server answers with an error at most, and closes.
func attackTCP(t *testing.T, p *process) {
	random := make([]byte, 4096)
	for i := range random {
		random[i] = byte(rand.Uint32())
	}
	for name, sent := range map[string][]byte{
		"random bytes":      random,
		"an endless line":   bytes.Repeat([]byte("A"), 70<<10),
		"a TLS hello":       tlsHello(t),
		"an HTTP/2 preface": []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		"huge headers":      []byte("GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 70<<10) + "\r\n\r\n"),
		"many headers":      []byte("GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: 1\r\n", 10_000) + "\r\n"),
		"two lengths":       []byte("POST /api/me HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
		"length and chunks": []byte("POST /api/me HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n"),
		"half a body": []byte("POST /api/communications HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + tokenFor(t, "mallory") +
			"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"),
		"a NUL in the path":    []byte("GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n"),
		"a WebSocket frame":    {0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9, '\r', '\n', '\r', '\n'},
		"a proxy's connect":    []byte("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nConnection: close\r\n\r\n"),
		"an address as a path": []byte("GET http://example.com/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(sent) // the server may have closed already
		if err := conn.(*net.TCPConn).CloseWrite(); err == nil {
			_ = conn.SetReadDeadline(time.Now().Add(patience))
			if _, err := io.Copy(io.Discard, conn); errors.Is(err, net.ErrClosed) || isTimeout(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_ = conn.Close()
	}
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}

// tlsHello is the first flight of a TLS client.
func tlsHello(t *testing.T) []byte {
	client, server := net.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() { _ = tls.Client(client, &tls.Config{ServerName: "parley"}).Handshake() }) // nobody answers
	hello := make([]byte, 4096)
	n, err := server.Read(hello)
	if err != nil {
		t.Fatal(err)
	}
	_ = server.Close()
	wg.Wait()
	_ = client.Close()
	return hello[:n]
}

func udp(t *testing.T, p *process) net.Conn {
	conn, err := net.Dial("udp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// attackUDP sends, from an address that no client has, what looks like each of the protocols and what looks like none.
func attackUDP(t *testing.T, p *process) {
	conn := udp(t, p)
	starts := [][]byte{
		{0xff}, {0x00, 0x01, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42}, // garbage, a binding request
		{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 1}, {20, 0xfe, 0xfd}, // DTLS: a hello, a change of ciphers
		{0x80, 0x60, 0, 1}, {0xbf, 0xe0, 0xff, 0xff}, {0x80, 0xc8, 0xff, 0xff}, {0x8f, 0xce}, // RTP and RTCP
		{0x40, 0x00, 0xff, 0xff}, {}, // TURN channel data, nothing
	}
	for i := range 5000 {
		datagram := append([]byte{}, starts[i%len(starts)]...)
		for range rand.IntN(1400) {
			datagram = append(datagram, byte(rand.Uint32()))
		}
		_, _ = conn.Write(datagram) // what the kernel does not take cannot do harm
	}
}

// attackSTUN asks for a connection that does not exist, as somebody who looks for one would.
func attackSTUN(t *testing.T, p *process) {
	conn := udp(t, p)
	for i := range 1000 {
		username := fmt.Sprintf("%08d:none", i)
		b := []byte{0, 1, 0, 20, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, byte(i)}
		b = append(b, 0, 6, 0, byte(len(username)))
		b = append(b, username...)
		_, _ = conn.Write(append(b, 0, 0, 0)) // padding to four
	}
}

// attackREST asks for what is not there, in forms that nobody should use. Nothing of it is a defect of the server.
func attackREST(t *testing.T, p *process) {
	token := tokenFor(t, "victim")
	paths := []string{
		"/api/channels/..%2f..%2fetc%2fpasswd", "/api/channels/%00", "/api/channels/" + strings.Repeat("a", 8000),
		"/api/communications?channelId=" + strings.Repeat("0", 24) + "&before=-1&after=9223372036854775808",
		"/api/communications?channelId=%ff%fe&limit=1e309", "/api/communications?limit=-9223372036854775809&limit=5",
		"/api/users?search=%00", "/api/users?search=" + strings.Repeat("%25", 2000), "/api/users?search=%f0%9f%98%80%20%5c%27&limit=20",
		"/api/calls?channelId=x&before=y", "/api/calls/%2e%2e", "/api/dev/token", "/api/socket/io", "/api//me", "/api/me/..",
		"/../../etc/passwd", "/assets/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/.git/config", "/index.html/x", "/?" + strings.Repeat("a=b&", 4000),
	}
	bodies := []string{
		"", "null", "[]", "{", `"x"`, strings.Repeat("[", 100_000), `{"channelType":"dm","participants":[{"userId":"\u0000"}]}`,
		`{"channelType":"dm","participants":[{"userId":5}]}`, `{"channelType":"dm","participants":[` + strings.Repeat(`{"userId":"a"},`, 5000) + `{}]}`,
		`{"channelId":"` + strings.Repeat("0", 24) + `","message":"\ud800","clientId":"` + "\x7f" + `"}`, strings.Repeat("x", 200<<10),
	}
	try := func(method, path, contentType, body string) {
		request, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(body))
		if err != nil {
			return // Go's own client refuses it
		}
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", contentType)
		request.Close = true
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return // closed while we wrote more than is taken
		}
		defer func() { _ = response.Body.Close() }()
		answer, _ := io.ReadAll(response.Body)
		if response.StatusCode >= 500 || bytes.Contains(answer, []byte("root:")) {
			t.Errorf("%s %.80s with %.40q: %d %.200s", method, path, body, response.StatusCode, answer)
		}
	}
	for _, path := range paths {
		for _, method := range []string{"GET", "PUT", "DELETE", "BREW"} {
			try(method, path, "application/json", "")
		}
	}
	for _, body := range bodies {
		for _, path := range []string{"/api/channels", "/api/communications", "/api/calls/initiate", "/api/me"} {
			try("POST", path, "application/json", body)
			try("POST", path, "text/plain", body)
		}
	}
}
