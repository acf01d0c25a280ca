package main

import (
	"context"
	"crypto/rand"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
)

// datagrams sends from many addresses at a rate.
type datagrams struct {
	sockets []*net.UDPConn
	rate    int // a second
	next    func(i int) []byte
	sent    atomic.Int64
}

const strangers = 32 // addresses that a flood comes from

// floodOfDatagrams makes one whose datagrams are counted by the series that begin so.
func floodOfDatagrams(t *testing.T, name, address string, rate int, next func(i int) []byte, counted ...string) flooding {
	t.Helper()
	to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address))
	f := &datagrams{rate: rate, next: next}
	for i := range strangers {
		socket, err := net.DialUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 66, 0, byte(i+1))}, to)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = socket.Close() })
		f.sockets = append(f.sockets, socket)
	}
	return flooding{
		name: name, sent: f.sent.Load, memory: 48, least: int64(float64(rate) * floodTime.Seconds() * 0.8), counted: counted,
		start: func(ctx context.Context) *sync.WaitGroup {
			running := &sync.WaitGroup{}
			running.Go(func() { f.run(ctx) })
			return running
		},
	}
}

func (f *datagrams) run(ctx context.Context) {
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	for begun, n := time.Now(), 0; ; {
		select {
		case <-ctx.Done():
			return
		case now := <-ticks.C:
			for due := int(now.Sub(begun).Seconds() * float64(f.rate)); n < due; n++ {
				if _, err := f.sockets[n%len(f.sockets)].Write(f.next(n)); err == nil {
					f.sent.Add(1)
				}
			}
		}
	}
}

// garbage is of any size, and now and then begins like some protocol.
func garbage(i int) []byte {
	b := make([]byte, 1+i*37%1200)
	_, _ = rand.Read(b) // never fails
	return b
}

// allocates are requests for a relay that nobody has signed: RFC 8656 section 7.1.
func allocates(int) []byte {
	b := append([]byte{0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x42}, make([]byte, 12)...)
	_, _ = rand.Read(b[8:])
	return append(b, 0, 0x19, 0, 4, 17, 0, 0, 0)
}

// hellos are what a DTLS client says first, with another random each.
func hellos(t *testing.T) func(int) []byte {
	t.Helper()
	server, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	client, err := dtls.ClientWithOptions(socket, server.LocalAddr(), dtls.WithInsecureSkipVerify(true))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = client.HandshakeContext(ctx) }) // nobody answers
	hello := make([]byte, 2048)
	n, err := server.Read(hello)
	cancel()
	wg.Wait()
	_, _ = client.Close(), socket.Close()
	if err != nil {
		t.Fatal(err)
	}
	const random = 13 + 12 + 2 // after the headers of record and handshake, and the version
	return func(int) []byte {
		b := append([]byte(nil), hello[:n]...)
		_, _ = rand.Read(b[random : random+32])
		return b
	}
}
