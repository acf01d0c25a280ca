package transport

import (
	"testing"
	"time"
)

func TestWrongCertificateIsRefused(t *testing.T) {
	l := startListener(t, nil)
	rec := newRecorder()
	conn, _ := l.NewConn(rec)
	r, other := newRawClient(t), newRawClient(t)
	r.offer(t, conn, offerText(other.certificate.fingerprint))
	if err := r.connect(t, l); err == nil {
		t.Error("the client with another certificate connected")
	}
	wantState(t, rec, Failed)
	if s := l.Stats(); s.Handshakes != 0 || s.HandshakeFail == 0 {
		t.Errorf("%d handshakes, %d failed", s.Handshakes, s.HandshakeFail)
	}
}

// badHello is a ClientHello that offers no cipher suite we have: a session that sees it first gives up.
func badHello(sequence byte) []byte {
	body := append([]byte{0xfe, 0xfd}, make([]byte, 32)...) // version, random
	body = append(body, 0, 0)                               // session id, cookie
	body = append(body, 0, 2, 0x00, 0x05, 1, 0, 0, 0)       // one suite, no compression, no extensions
	hello := append([]byte{1, 0, 0, byte(len(body)), 0, 0, 0, 0, 0, 0, 0, byte(len(body))}, body...)
	return append([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, sequence, 0, byte(len(hello))}, hello...)
}

func TestBadClientHelloBeforeTheRightOne(t *testing.T) {
	l := startListener(t, nil)
	r, rec, _, _ := rawOffered(t, l)
	r.check(t, l, useCandidate{})
	r.send(t, l, badHello(0))
	eventually(t, "the first handshake failed", func() bool { return l.Stats().HandshakeFail == 1 })
	if err := r.connect(t, l); err != nil {
		t.Fatal(err)
	}
	wantState(t, rec, Connected)
}

// unreadableHello is a ClientHello that ends in its middle.
func unreadableHello() []byte {
	return []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 3, 3}
}

func TestUnreadableClientHelloBeforeTheRightOne(t *testing.T) {
	l := startListener(t, nil)
	r, rec, _, _ := rawOffered(t, l)
	r.check(t, l, useCandidate{})
	r.send(t, l, unreadableHello())
	if err := r.connect(t, l); err != nil { // while the server still chokes on the other
		t.Fatal(err)
	}
	wantState(t, rec, Connected)
}

func TestForgedDTLSDoesNotEndACall(t *testing.T) {
	l := startListener(t, nil)
	r, rec, conn, _ := rawJoin(t, l)
	// The client's address cannot be forged here, so the client itself sends what a forger would.
	alert := []byte{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 2, 40}
	data := []byte{23, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 10, 0, 1, 7}
	badSpec := []byte{20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 11, 0, 2, 1, 1}
	lying := []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 12, 0xff, 0xff, 1}
	garbledRecord := []byte{23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 13, 0, 4, 1, 2, 3, 4}
	for i := range byte(20) {
		r.send(t, l, badHello(20+i))
	}
	for _, forged := range [][]byte{alert, data, badSpec, lying, garbledRecord} {
		r.send(t, l, forged)
	}
	wantDrops(t, l, "dtls_malformed", 4)
	r.check(t, l) // answered after all of that
	if s := conn.State(); s != Connected {
		t.Fatalf("state %v", s)
	}
	sealed := r.seal(t, 1)
	r.send(t, l, sealed)
	receive(t, "media after forged DTLS", rec.rtp)
}

func TestHandshakeBytesAreBounded(t *testing.T) {
	l := startListener(t, func(c *Config) { c.Limits.HandshakeBytes = 4096 })
	r, _, _, _ := rawJoin(t, l)
	for i := range 100 {
		r.send(t, l, badHello(byte(i)))
	}
	wantDrops(t, l, "dtls_budget", 1)
}

func TestDTLSFromAnAddressThatIsNotValidated(t *testing.T) {
	l := startListener(t, nil)
	r := newRawClient(t)
	r.send(t, l, badHello(0))
	wantDrops(t, l, "unknown_address", 1)
}

func TestGoodbyeClosesAtOnce(t *testing.T) {
	l := startListener(t, nil)
	r, rec, _, _ := rawJoin(t, l)
	_ = r.session.Close()
	wantState(t, rec, Closed)
	eventually(t, "the client's place is free", func() bool { return l.Stats().Conns == 0 })
}

func TestServerSaysGoodbye(t *testing.T) {
	l := startListener(t, nil)
	r, _, conn, _ := rawJoin(t, l)
	conn.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := r.session.Read(make([]byte, 100))
		ended <- err
	}()
	select {
	case <-ended:
	case <-time.After(waitLimit):
		t.Fatal("the client was not told")
	}
}
