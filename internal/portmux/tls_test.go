package portmux

import (
	"crypto/tls"
	"io"
	"testing"
)

// What a handshake computes, it computes in one of few places, also when the client's first ClientHello was of no use; and
// who does not compute has none.
func TestHandshakesComputeInFewPlaces(t *testing.T) {
	cfg := selfSigned(t)
	certificate := cfg.Certificates[0]
	cfg.Certificates = nil
	cfg.CurvePreferences = []tls.CurveID{tls.CurveP256}
	var h *harness
	signing := make(chan int, 8) // how many places were taken when the server was about to sign
	cfg.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		signing <- len(h.mux.computing)
		return &certificate, nil
	}
	h = serve(t, Config{TLS: cfg})
	web := h.mux.Listener(Web)
	for name, curves := range map[string][]tls.CurveID{
		"one ClientHello":  {tls.CurveP256},
		"two ClientHellos": {tls.X25519, tls.CurveP256}, // the first has a share of the curve that is liked best
	} {
		conn := tls.Client(h.dial(), &tls.Config{InsecureSkipVerify: true, CurvePreferences: curves, NextProtos: []string{alpnHTTP}})
		if err := conn.Handshake(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if again := conn.ConnectionState().HelloRetryRequest; again != (len(curves) > 1) {
			t.Errorf("%s: asked for another: %v", name, again)
		}
		if n := <-signing; n != 1 {
			t.Errorf("%s: %d places were taken", name, n)
		}
		accepted := h.accept(web)
		if n := len(h.mux.computing); n != 0 {
			t.Errorf("%s: %d places are taken after it", name, n)
		}
		h.write(conn, []byte("x"))
		if _, err := io.ReadFull(accepted, make([]byte, 1)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(h.mux.computing); n != 0 {
			t.Errorf("%s: %d places are taken by one that only reads", name, n)
		}
	}
	// All places taken: the next waits, and goes on when one is free.
	for range cap(h.mux.computing) {
		h.mux.computing <- struct{}{}
	}
	done := make(chan error, 1)
	waiting := tls.Client(h.dial(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{alpnHTTP}})
	go func() { done <- waiting.Handshake() }()
	h.eventually("it is undecided", func(s Stats) bool { return s.Undecided == 1 })
	select {
	case <-signing:
		t.Error("it does not wait")
	default:
	}
	<-h.mux.computing
	if err := <-done; err != nil {
		t.Error(err)
	}
}
