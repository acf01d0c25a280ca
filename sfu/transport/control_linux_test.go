package transport

import (
	"net"
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"github.com/pion/rtcp"
	"golang.org/x/sys/unix"
)

var (
	rtpLike  = []byte{0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}
	rtcpLike = []byte{0x81, 201, 0, 1, 0, 0, 0, 1}
)

// openedSockets opens the sockets of a port with the kernel's steering.
func openedSockets(t *testing.T, addr string, n int) (media []*socket, control *socket) {
	t.Helper()
	media, control, err := openSockets(addr, n)
	if err != nil {
		t.Skip("no such address here: ", err)
	}
	if control == nil {
		t.Skip("the kernel does not steer")
	}
	t.Cleanup(func() {
		for _, s := range append(media, control) {
			_ = s.close()
		}
	})
	return media, control
}

// waiting counts what lies in a socket, by where it came from.
func waiting(s *socket) (froms map[netip.AddrPort]int, firsts map[byte]int) {
	froms, firsts = make(map[netip.AddrPort]int), make(map[byte]int)
	for {
		got := s.readWaiting()
		if len(got) == 0 {
			return froms, firsts
		}
		for _, d := range got {
			froms[d.remote]++
			firsts[d.data[0]]++
		}
	}
}

func TestKernelSteers(t *testing.T) {
	const clients = 64
	for _, tt := range []struct{ listen, from string }{
		{"127.0.0.1:0", "127.0.0.1"}, {"[::1]:0", "::1"}, {":0", "127.0.0.1"}, {":0", "::1"},
	} {
		t.Run(tt.listen+" from "+tt.from, func(t *testing.T) {
			media, control := openedSockets(t, tt.listen, 3)
			to := netip.AddrPortFrom(netip.MustParseAddr(tt.from), media[0].localAddr().Port())
			for range clients {
				client, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
				if err != nil {
					t.Skip(err)
				}
				defer func() { _ = client.Close() }()                                         // later, so that no two have one port
				for _, datagram := range [][]byte{rtpLike, rtcpLike, {0, 1}, {22}, rtpLike} { // STUN and DTLS, cut short
					if _, err := client.Write(datagram); err != nil {
						t.Fatal(err)
					}
				}
			}
			froms, firsts := waiting(control)
			if len(froms) != clients || firsts[0x81] != clients || len(firsts) != 1 {
				t.Errorf("for control came %v of %d clients", firsts, len(froms))
			}
			seen := 0
			for _, s := range media {
				froms, firsts := waiting(s)
				if len(froms) < clients/8 {
					t.Errorf("a media socket has %d of %d clients", len(froms), clients)
				}
				for from, n := range froms {
					if seen++; n != 4 {
						t.Errorf("%v has %d of 4 packets here", from, n)
					}
				}
				if firsts[0x81] > 0 {
					t.Errorf("%d control packets came with media", firsts[0x81])
				}
			}
			if seen != clients {
				t.Errorf("media of %d clients", seen)
			}
		})
	}
}

// TestControlWithoutItsSocket: the kernel gives what it cannot steer to a media socket.
func TestControlWithoutItsSocket(t *testing.T) {
	media, control, err := openSockets("127.0.0.1:0", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = media[0].close() }()
	if control != nil {
		_ = control.close()
	}
	client, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(media[0].localAddr()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.Write(rtcpLike); err != nil {
		t.Fatal(err)
	}
	if _, firsts := waiting(media[0]); firsts[0x81] != 1 {
		t.Errorf("came: %v", firsts)
	}
}

func TestDecodeAge(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, tt := range []struct{ stamped, want time.Duration }{
		{7 * time.Millisecond, 7 * time.Millisecond}, {-time.Second, 0}, {time.Hour, oldestArrival},
	} {
		control := make([]byte, unix.CmsgSpace(int(unsafe.Sizeof(unix.Timespec{}))))
		h := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
		h.Level, h.Type = unix.SOL_SOCKET, unix.SO_TIMESTAMPNS
		h.SetLen(unix.CmsgLen(int(unsafe.Sizeof(unix.Timespec{}))))
		*(*unix.Timespec)(unsafe.Pointer(&control[unix.CmsgLen(0)])) = unix.NsecToTimespec(now.Add(-tt.stamped).UnixNano())
		if got := decodeAge(control, now); got != tt.want {
			t.Errorf("stamped %v before: %v", tt.stamped, got)
		}
		for n := range control[:unix.CmsgLen(int(unsafe.Sizeof(unix.Timespec{})))] {
			if got := decodeAge(control[:n], now); got != 0 {
				t.Errorf("of %d bytes: %v", n, got)
			}
		}
	}
}

// TestControlFloodIsReadInParts: whoever floods with RTCP does not keep a worker from media.
func TestControlFloodIsReadInParts(t *testing.T) {
	l, err := New(Config{Addr: "127.0.0.1:0", Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	if l.control == nil {
		_ = l.closeSockets()
		t.Skip("the kernel does not steer")
	}
	client, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(l.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	const sent = controlReads*readBatch + 10
	for range sent {
		if _, err := client.Write(rtcpLike); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for _, want := range []uint64{controlReads * readBatch, controlReads * readBatch, sent} {
		l.readControl(now)
		if got := l.Stats().PacketsIn; got != want {
			t.Errorf("%d packets were read, want %d", got, want)
		}
		if want != sent {
			now = now.Add(controlEvery / 2)
		}
	}
	if err := l.closeSockets(); err != nil {
		t.Fatal(err)
	}
	l.readControl(now.Add(time.Hour)) // late, as a ticker of others may be
}

// TestControlIsReadWithTheTimeItCame: what waits is handled in order, and as if at once.
func TestControlIsReadWithTheTimeItCame(t *testing.T) {
	l := startListener(t, manyWorkers)
	if l.control == nil {
		t.Skip("the kernel does not steer")
	}
	r, rec, conn, _ := rawJoin(t, l)

	l.control.mu.Lock() // nobody reads
	from := time.Now()
	for i := range uint32(3) {
		r.sendRTCP(t, l, &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: i})
	}
	to := time.Now()
	before := l.Stats().PacketsIn
	l.readControl(to)
	if n := l.Stats().PacketsIn; n != before {
		t.Errorf("%d packets were read by two at a time", n-before)
	}
	l.control.mu.Unlock()
	for i := range uint32(3) {
		got := <-rec.rtcp
		if len(got) != 12 || got[11] != byte(i) {
			t.Fatalf("packet %d is %x", i, got)
		}
	}
	const clocks = time.Millisecond // the wall clock and ours do not run quite alike
	if heard := time.Unix(0, conn.lastHeard.Load()); heard.Before(from.Add(-clocks)) || heard.After(to.Add(clocks)) {
		t.Errorf("sent between %v and %v, taken as heard at %v", from, to, heard)
	}
}
