package portmux

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// Every protocol reaches its service with every byte of it, however the bytes are cut.
func TestFirstBytes(t *testing.T) {
	streams := map[Protocol][]byte{
		HTTP: []byte("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
		TURN: append(stun(0x0003, 8), "and what follows"...),
		ICE:  append(framed(stun(bindingRequest, 40)), framed([]byte("data"))...),
	}
	for _, withTLS := range []bool{false, true} {
		var cfg Config
		if withTLS {
			cfg.TLS = selfSigned(t)
		}
		h := serve(t, cfg)
		listeners := map[Service]net.Listener{}
		for _, s := range []Service{Web, PlainWeb, Relay, Connectivity} {
			listeners[s] = h.mux.Listener(s)
		}
		for protocol, stream := range streams {
			service, _ := protocol.service(withTLS)
			for _, step := range []int{1, 2, 7, 9, headBytes, headBytes + 1, len(stream)} {
				before := h.mux.Stats().Connections(protocol)
				client := h.dial()
				if err := client.SetNoDelay(true); err != nil {
					t.Fatal(err)
				}
				for rest := stream; len(rest) > 0; rest = rest[min(step, len(rest)):] {
					h.write(client, rest[:min(step, len(rest))])
				}
				if err := client.CloseWrite(); err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(h.accept(listeners[service]))
				if err != nil || !bytes.Equal(got, stream) {
					t.Errorf("%v in steps of %d: got %q, %v", protocol, step, got, err)
				}
				if n := h.mux.Stats().Connections(protocol); n != before+1 {
					t.Errorf("%v in steps of %d: counted %d times", protocol, step, n-before)
				}
			}
		}
	}
}

func TestInsideTLS(t *testing.T) {
	h := serve(t, Config{TLS: selfSigned(t)})
	listeners := map[Service]net.Listener{Web: h.mux.Listener(Web), Relay: h.mux.Listener(Relay), Connectivity: h.mux.Listener(Connectivity)}
	get, allocate := []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), stun(0x0003, 8)
	tests := map[string]struct {
		alpn []string
		sent []byte
		want Protocol
		to   Service
	}{
		"a browser's page":     {[]string{"h2", "http/1.1"}, get, HTTPS, Web},
		"a browser's socket":   {[]string{"http/1.1"}, get, HTTPS, Web},
		"HTTP without ALPN":    {nil, get, HTTPS, Web},
		"a browser's TURN":     {nil, allocate, TURNS, Relay},
		"TURN by RFC 7443":     {[]string{"stun.turn"}, allocate, TURNS, Relay},
		"STUN by RFC 7443":     {[]string{"stun.nat-discovery"}, stun(bindingRequest, 0), TURNS, Relay},
		"ALPN before the rest": {[]string{"http/1.1"}, allocate, HTTPS, Web}, // which answers 400
	}
	for name, tt := range tests {
		for _, step := range []int{1, len(tt.sent)} {
			before := h.mux.Stats().Connections(tt.want)
			client := h.dialTLS(tt.alpn...)
			for rest := tt.sent; len(rest) > 0; rest = rest[min(step, len(rest)):] {
				h.write(client, rest[:min(step, len(rest))])
			}
			server := h.accept(listeners[tt.to])
			got := make([]byte, len(tt.sent))
			if _, err := io.ReadFull(server, got); err != nil || !bytes.Equal(got, tt.sent) {
				t.Errorf("%s: got %q, %v", name, got, err)
			}
			if state, ok := server.(interface{ ConnectionState() tls.ConnectionState }); !ok || !state.ConnectionState().HandshakeComplete {
				t.Errorf("%s: the service cannot see that this is TLS", name)
			}
			if n := h.mux.Stats().Connections(tt.want); n != before+1 {
				t.Errorf("%s: counted %d times as %v", name, n-before, tt.want)
			}
			go func() { _, _ = server.Write([]byte("answer")); _ = server.Close() }() // ends with the read below
			if got, err := io.ReadAll(client); string(got) != "answer" {
				t.Errorf("%s: the client got %q, %v", name, got, err)
			}
		}
	}
	for name, sent := range map[string][]byte{"ICE": framed(stun(bindingRequest, 8)), "TLS": {0x16, 3, 1}, "junk": {0xff}} {
		client := h.dialTLS()
		h.write(client, sent)
		h.closed(client, name+" in TLS")
	}
	h.eventually("what is not served in TLS is counted", func(s Stats) bool { return s.Refused(Unknown) == 3 })
}

func TestALPNOfOthersIsRefused(t *testing.T) {
	h := serve(t, Config{TLS: selfSigned(t)})
	client := tls.Client(h.dial(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"imap"}})
	if err := client.Handshake(); err == nil {
		t.Error("a handshake for another protocol was completed")
	}
	h.eventually("the handshake is counted", func(s Stats) bool { return s.Refused(Handshake) == 1 })
}

// A challenge is answered in the handshake; the authority then goes away.
func TestACMEChallenge(t *testing.T) {
	cfg := selfSigned(t)
	cfg.NextProtos = []string{"acme-tls/1"}
	h := serve(t, Config{TLS: cfg})
	client := h.dialTLS("acme-tls/1")
	if got := client.ConnectionState().NegotiatedProtocol; got != "acme-tls/1" {
		t.Errorf("negotiated %q", got)
	}
	h.closed(client, "after the challenge")
	h.eventually("nothing is left", func(s Stats) bool { return s.Open == 0 && s.Connections(ACME) == 1 })
}

func TestUnclaimedAndUnknownAreClosed(t *testing.T) {
	h := serve(t, Config{})
	for i, sent := range [][]byte{[]byte("GET / HTTP/1.1\r\n"), stun(3, 8), framed(stun(1, 8)), {0x16, 3, 1, 0, 5}} {
		client := h.dial()
		h.write(client, sent)
		h.closed(client, "a protocol that nobody serves")
		h.eventually("it is counted", func(s Stats) bool { return s.Refused(Unclaimed) == uint64(i+1) })
	}
	client := h.dial()
	h.write(client, []byte{0xff, 0xff})
	h.closed(client, "an unknown protocol")
	client = h.dial()
	h.write(client, []byte{0, 1})
	_ = client.Close()
	h.eventually("all is counted and closed", func(s Stats) bool {
		return s.Refused(Unknown) == 1 && s.Refused(Ended) == 1 && s.Open == 0 && s.Undecided == 0
	})
}

// http.Server finds on our connections all that it looks for.
func TestServesHTTP(t *testing.T) {
	for _, cfg := range []Config{{}, {TLS: selfSigned(t)}} {
		h := serve(t, cfg)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if (r.TLS != nil) != (cfg.TLS != nil) {
				t.Error("the handler is told the wrong thing about TLS")
			}
			if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience)); err != nil {
				t.Error(err)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			_, _ = w.Write(body)
		})}
		done := make(chan error, 1)
		l := h.mux.Listener(Web)
		go func() { done <- server.Serve(l) }()
		url := "http://" + h.port.Addr().String()
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		if cfg.TLS != nil {
			url = "https://" + h.port.Addr().String()
		}
		body := bytes.Repeat([]byte("x"), 1<<20)
		for range 3 {
			response, err := (&http.Client{Transport: transport}).Post(url, "text/plain", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(got, body) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			_ = response.Body.Close()
		}
		if n := h.mux.Stats().Connections(HTTP) + h.mux.Stats().Connections(HTTPS); n != 1 {
			t.Errorf("%d connections for three requests", n)
		}
		transport.CloseIdleConnections()
		h.stop()
		if err := <-done; err == nil {
			t.Error("the server ended without a word")
		}
		_ = server.Close()
	}
}

func TestSeveralPorts(t *testing.T) {
	h := serve(t, Config{})
	h.stop()
	m, err := New(Config{Log: h.mux.cfg.Log})
	if err != nil {
		t.Fatal(err)
	}
	var ports []*net.TCPListener
	for _, address := range []string{"127.0.0.1:0", "127.0.0.1:0", "[::1]:0"} {
		port, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port.(*net.TCPListener))
	}
	web, done := m.Listener(Web), make(chan error, 1)
	go func() { done <- m.Serve(t.Context(), ports...) }()
	for _, port := range ports {
		client, err := net.Dial("tcp", port.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		h.write(client, []byte("GET"))
		_ = h.accept(web).Close()
		_ = client.Close()
	}
	_ = ports[1].Close() // one that fails ends all
	if err := <-done; err == nil {
		t.Error("a port failed and nobody was told")
	}
	if _, err := web.Accept(); err == nil {
		t.Error("the listener lives on")
	}
	if err := m.Serve(t.Context()); err == nil {
		t.Error("served nothing without an error")
	}
}

func TestClaims(t *testing.T) {
	h := serve(t, Config{})
	first := h.mux.Listener(Relay)
	if _, err := h.mux.Listener(Relay).Accept(); err == nil {
		t.Error("a service was claimed twice")
	}
	client := h.dial()
	h.write(client, stun(3, 0))
	_ = h.accept(first)
	_ = first.Close()
	client = h.dial()
	h.write(client, stun(3, 0))
	h.closed(client, "a service that has gone")
}

func TestConfig(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("without a logger")
	}
	if _, err := New(Config{Log: serve(t, Config{}).mux.cfg.Log, MaxConns: -1}); err == nil {
		t.Error("with a negative limit")
	}
}
