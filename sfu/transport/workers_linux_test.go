package transport

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func manyWorkers(c *Config) { c.Workers = 4 }

func TestPortIsNotSharedWithOthers(t *testing.T) {
	l := startListener(t, manyWorkers)
	for _, workers := range []int{1, 2} {
		other, err := New(Config{Addr: l.Addr().String(), Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Listen(); err == nil {
			t.Error("two servers listen on one port")
			_ = other.closeSockets()
		}
	}
}

// meeting is a Handler that notices when it is called twice at a time, and by which workers.
type meeting struct {
	recorder
	inside   atomic.Int32
	overlaps atomic.Int32
	mu       sync.Mutex
	batches  map[*Batch]int
	conn     *Conn
}

func (m *meeting) HandleRTP(p []byte, at time.Time) {
	if m.inside.Add(1) > 1 {
		m.overlaps.Add(1)
	}
	m.mu.Lock()
	m.batches[m.conn.Batch()]++
	m.mu.Unlock()
	m.recorder.HandleRTP(p, at)
	m.inside.Add(-1)
}

// TestClientOfManyAddresses sends from several of a client's addresses at the same time. The kernel gives them to
// different workers; the client's Handler must not notice.
func TestClientOfManyAddresses(t *testing.T) {
	l := startListener(t, manyWorkers)
	m := &meeting{recorder: *newRecorder(), batches: make(map[*Batch]int)}
	m.rtp = make(chan []byte, 4096)
	conn, err := l.NewConn(m)
	if err != nil {
		t.Fatal(err)
	}
	m.conn = conn
	r := newRawClient(t)
	r.offer(t, conn, offerText(r.certificate.fingerprint))
	if err := r.connect(t, l); err != nil {
		t.Fatal(err)
	}
	wantState(t, &m.recorder, Connected)

	const addresses, each = 6, 150 // fewer than are out of date when they come late
	var packets [addresses][][]byte
	for i := range addresses * each {
		raw, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 5, SequenceNumber: uint16(i)}, Payload: []byte("x")}).Marshal()
		sealed, err := r.out.EncryptRTP(nil, raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		packets[i%addresses] = append(packets[i%addresses], sealed)
	}
	var wg sync.WaitGroup
	for i := range addresses {
		socket := anotherAddress(t, r, l)
		wg.Go(func() {
			for _, p := range packets[i] {
				_, _ = socket.WriteToUDPAddrPort(p, l.Addr())
				time.Sleep(20 * time.Microsecond) // the socket's buffer is no part of this test
			}
		})
	}
	wg.Wait()
	eventually(t, "all packets were handled", func() bool { return len(m.rtp) == addresses*each })
	if n := m.overlaps.Load(); n > 0 {
		t.Errorf("%d calls overlapped", n)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.batches) < 2 {
		t.Skip("the kernel gave all addresses to one worker")
	}
}

// anotherAddress opens a socket and has the server validate its address.
func anotherAddress(t *testing.T, r *rawClient, l *Listener) *net.UDPConn {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	request := bindingRequestFor(r.creds)
	if _, err := socket.WriteToUDPAddrPort(request.Raw, l.Addr()); err != nil {
		t.Fatal(err)
	}
	_ = socket.SetReadDeadline(time.Now().Add(waitLimit))
	if _, err := socket.Read(make([]byte, maxDatagram)); err != nil {
		t.Fatal(err)
	}
	return socket
}

// TestBatchDoesNotWaitForMoreTraffic sends one packet and then nothing.
func TestBatchDoesNotWaitForMoreTraffic(t *testing.T) {
	l := startListener(t, manyWorkers)
	e := &echo{recorder: *newRecorder()}
	conn, err := l.NewConn(e)
	if err != nil {
		t.Fatal(err)
	}
	e.conn = conn
	r := newRawClient(t)
	sections := r.offer(t, conn, offerText(r.certificate.fingerprint))
	e.ssrc.Store(slotsOf(sections, Video)[0].Slot.SSRC)
	if err := r.connect(t, l); err != nil {
		t.Fatal(err)
	}
	wantState(t, &e.recorder, Connected)
	for seq := range uint16(20) {
		r.send(t, l, r.seal(t, seq))
		r.next(t, func(b []byte) bool { return len(b) > 12 && b[0]>>6 == 2 && b[1]&0x7f == 96 })
	}
}
