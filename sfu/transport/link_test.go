package transport

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// memoryLink is a link within the process, with a rawClient at its other end.
type memoryLink struct {
	l      *Listener
	r      *rawClient
	remote netip.AddrPort
	full   atomic.Bool
	sent   atomic.Int32

	over    atomic.Bool // its quota
	refused atomic.Int32

	mu      sync.Mutex // one at a time
	channel atomic.Pointer[boundChannel]
}

// boundChannel is what TURN has bound for a link.
type boundChannel struct {
	client netip.AddrPort
	number uint16
}

var links atomic.Uint32

// newLinkClient is a rawClient that lives behind a link.
func newLinkClient(t *testing.T, l *Listener) *rawClient {
	t.Helper()
	r := newRawClient(t)
	n := links.Add(1)
	remote := netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, 100, byte(n)}), uint16(n))
	r.link = &memoryLink{l: l, r: r, remote: remote}
	return r
}

func (m *memoryLink) Remote() netip.AddrPort { return m.remote }

func (m *memoryLink) Send(packet []byte) error {
	if m.full.Load() {
		return errors.New("full")
	}
	m.sent.Add(1)
	m.r.sort(packet)
	return nil
}

func (m *memoryLink) carry(data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.l.Receive(m, append([]byte(nil), data...)) // it is opened in place
}

// memoryChannel is a memoryLink for which a channel is bound.
type memoryChannel struct{ *memoryLink }

func (m memoryChannel) Channel() (netip.AddrPort, netip.Addr, uint16, bool) {
	if c := m.channel.Load(); c != nil {
		return c.client, netip.Addr{}, c.number, true
	}
	return netip.AddrPort{}, netip.Addr{}, 0, false
}

// Admit implements ChannelLink.
func (m memoryChannel) Admit(int) bool {
	if m.over.Load() {
		m.refused.Add(1)
		return false
	}
	return true
}

// linkJoin makes a connected rawClient behind a link.
func linkJoin(t *testing.T, l *Listener, h Handler) (*rawClient, *Conn, []Section) {
	t.Helper()
	conn, err := l.NewConn(h)
	if err != nil {
		t.Fatal(err)
	}
	r := newLinkClient(t, l)
	sections := r.offer(t, conn, offerText(r.certificate.fingerprint))
	if err := r.connect(t, l); err != nil {
		t.Fatal(err)
	}
	return r, conn, sections
}

// echo is a Handler that sends what comes back, with the batch.
type echo struct {
	recorder
	conn *Conn
	ssrc atomic.Uint32
	sent uint16
}

func (e *echo) HandleRTP(p []byte, at time.Time) {
	e.sent++
	_ = e.conn.Send(&Packet{SSRC: e.ssrc.Load(), PayloadType: 96, Sequence: e.sent, Body: p[12:], Batch: e.conn.Batch()})
	e.recorder.HandleRTP(p, at)
}

func isVideo(b []byte) bool { return len(b) > 12 && b[0]>>6 == 2 && b[1]&0x7f == 96 }

func TestMediaGoesBothWaysOverALink(t *testing.T) {
	l := startListener(t, nil)
	e := &echo{recorder: *newRecorder()}
	r, conn, sections := linkJoin(t, l, e)
	wantState(t, &e.recorder, Connected)
	e.conn = conn
	e.ssrc.Store(sections[1].Slot.SSRC)
	for seq := range uint16(5) {
		r.send(t, l, r.seal(t, seq))
		r.next(t, isVideo)
	}
	r.link.full.Store(true)
	if err := conn.Send(&Packet{SSRC: sections[1].Slot.SSRC, PayloadType: 96, Sequence: 100}); err == nil {
		t.Error("a full link took a packet")
	}
	if l.Stats().SendErrors != 1 {
		t.Errorf("%d send errors, want 1", l.Stats().SendErrors)
	}
	r.link.full.Store(false)
	conn.Close()
	wantState(t, &e.recorder, Closed)
	eventually(t, "the link was forgotten", func() bool { return l.byAddr.len() == 0 })
}

func TestAnswersOverALinkNameItsRemoteAddress(t *testing.T) {
	l := startListener(t, nil)
	conn, _ := l.NewConn(newRecorder())
	r := newLinkClient(t, l)
	r.offer(t, conn, offerText(r.certificate.fingerprint))
	var seen stun.XORMappedAddress
	if err := seen.GetFrom(r.check(t, l)); err != nil {
		t.Fatal(err)
	}
	if !seen.IP.Equal(r.link.remote.Addr().AsSlice()) || seen.Port != int(r.link.remote.Port()) {
		t.Errorf("answered %v, want %v", seen, r.link.remote)
	}
	if m := r.check(t, l, controlled{}); m.Type != stun.BindingError {
		t.Errorf("a controlled client was answered %v, want a role conflict", m.Type)
	}
}

// TestLinkCannotBeTakenByAForgedAddress has a stranger send by UDP from the very address that a link stands for.
func TestLinkCannotBeTakenByAForgedAddress(t *testing.T) {
	l := startListener(t, nil)
	rec := newRecorder()
	r, conn, _ := linkJoin(t, l, rec)
	stranger := newRawClient(t)
	forged := datagram{remote: r.link.remote, data: r.seal(t, 1)}
	w := newWorker(l, l.socket())
	before := l.Stats()
	for _, data := range [][]byte{forged.data, {22, 0xfe, 0xfd}, bindingRequestFor(newCredentials("a", "b", "c")).Raw} {
		forged.data = data
		w.receive(&forged)
	}
	after := l.Stats()
	if n := after.Dropped["unknown_address"] - before.Dropped["unknown_address"]; n != 2 {
		t.Errorf("%d datagrams of a stranger were dropped for their address, want 2", n)
	}
	if conn.selected.Load().link != Link(r.link) {
		t.Error("media goes to another")
	}
	other, _ := l.NewConn(newRecorder())
	stranger.offer(t, other, offerText(stranger.certificate.fingerprint))
	forged.data = bindingRequestFor(stranger.creds, useCandidate{}).Raw
	w.receive(&forged)
	if p := l.byAddr.findLink(r.link); p == nil || p.conn != conn {
		t.Error("the link went to another client")
	}
}

// TestLinkOfALiveClientCannotBeTaken: whoever owns a link may not give it to a second client either.
func TestLinkOfALiveClientCannotBeTaken(t *testing.T) {
	l := startListener(t, nil)
	r, conn, _ := linkJoin(t, l, newRecorder())
	other, _ := l.NewConn(newRecorder())
	thief := &rawClient{socket: r.socket, inbox: r.inbox, certificate: r.certificate, link: r.link}
	thief.offer(t, other, offerText(r.certificate.fingerprint))
	thief.send(t, l, bindingRequestFor(thief.creds, useCandidate{}).Raw)
	wantDrops(t, l, "address_taken", 1)
	conn.Close()
	thief.check(t, l, useCandidate{})
}

func TestClientGoesOnWithoutALinkThatIsForgotten(t *testing.T) {
	l := startListener(t, nil)
	rec := newRecorder()
	r, conn, sections := linkJoin(t, l, rec)
	wantState(t, rec, Connected)
	direct := newRawClient(t)
	direct.creds = r.creds
	direct.check(t, l) // validated, and not nominated
	l.Forget(r.link)
	l.Forget(r.link) // twice is once
	if err := conn.Send(&Packet{SSRC: sections[1].Slot.SSRC, PayloadType: 96, Body: []byte("picture")}); err != nil {
		t.Fatal(err)
	}
	direct.next(t, isVideo)
}

// TestMediaDoesNotGoToALostPath: what a path brought may be handled still when its link has been forgotten.
func TestMediaDoesNotGoToALostPath(t *testing.T) {
	l := startListener(t, nil)
	r, conn, _ := linkJoin(t, l, newRecorder())
	lost := conn.selected.Load()
	l.Forget(r.link)
	conn.moveTo(lost)
	if conn.selected.Load() != nil {
		t.Error("media goes to a link that is gone")
	}
}

func TestLosingTheOnlyLinkInterrupts(t *testing.T) {
	l := startListener(t, nil)
	rec := newRecorder()
	r, conn, sections := linkJoin(t, l, rec)
	wantState(t, rec, Connected)
	l.Forget(r.link)
	wantState(t, rec, Interrupted)
	if err := conn.Send(&Packet{SSRC: sections[1].Slot.SSRC, PayloadType: 96}); !errors.Is(err, ErrNotConnected) {
		t.Errorf("send: %v, want ErrNotConnected", err)
	}
	r.check(t, l, useCandidate{})
	wantState(t, rec, Connected)
}

// TestBadClientHelloOverALink is the race of CVE-2023-49786 on a link: a handshake that a forged or broken ClientHello
// began does not keep the good one from ending well.
func TestBadClientHelloOverALink(t *testing.T) {
	l := startListener(t, nil)
	rec := newRecorder()
	conn, _ := l.NewConn(rec)
	r := newLinkClient(t, l)
	r.offer(t, conn, offerText(r.certificate.fingerprint))
	r.send(t, l, badHello(0))
	wantDrops(t, l, "unknown_address", 1) // not validated yet
	r.check(t, l)
	r.send(t, l, badHello(0))
	eventually(t, "the first handshake failed", func() bool { return l.Stats().HandshakeFail == 1 })
	stranger := newLinkClient(t, l)
	stranger.send(t, l, badHello(0))
	wantDrops(t, l, "unknown_address", 2)
	if err := r.connect(t, l); err != nil {
		t.Fatal(err)
	}
	wantState(t, rec, Connected)
}
