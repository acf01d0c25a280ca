package portmux

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// ask sends a request and has it served.
func (h *harness) ask(web net.Listener) {
	h.Helper()
	client := h.dial()
	h.write(client, []byte("GET / HTTP/1.1\r\n\r\n"))
	_ = h.accept(web).Close()
	_ = client.Close()
}

func TestSilenceEnds(t *testing.T) {
	// Long enough for a handshake on a busy machine.
	h := serve(t, Config{DetectTimeout: 500 * time.Millisecond, HandshakeTimeout: 2 * time.Second, TLS: selfSigned(t)})
	inner := h.dialTLS() // and then silence inside
	silent := map[string]net.Conn{"silence in TLS": inner}
	for name, sent := range map[string][]byte{"nothing": nil, "a byte": {0}, "half a STUN header": {0, 3, 0, 8}, "half a ClientHello": {0x16, 3, 1, 2, 0, 1, 0}} {
		silent[name] = h.dial()
		h.write(silent[name], sent)
	}
	for name, client := range silent {
		h.closed(client, name)
	}
	h.eventually("all are counted and gone", func(s Stats) bool { return s.Refused(Timeout) == 5 && s.Open == 0 })
}

// A client that sends a byte now and then gets no more time than others.
func TestSlowBytes(t *testing.T) {
	h := serve(t, Config{DetectTimeout: 100 * time.Millisecond, HandshakeTimeout: 100 * time.Millisecond, TLS: selfSigned(t)})
	for name, sent := range map[string][]byte{"STUN": make([]byte, 8), "TLS": append([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, make([]byte, 500)...)} {
		client := h.dial()
		began := time.Now()
		var running sync.WaitGroup
		running.Go(func() {
			for _, b := range sent {
				if _, err := client.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond) // this is what is tested
			}
		})
		h.closed(client, name)
		if took := time.Since(began); took > patience/2 {
			t.Errorf("%s: it took %v", name, took)
		}
		_ = client.Close()
		running.Wait()
	}
}

// Thousands that say nothing, or half of something, cost a bounded number of goroutines, and whoever speaks is served
// all the while, also from the same address.
func TestFlood(t *testing.T) {
	h := serve(t, Config{TLS: selfSigned(t), MaxUndecided: 200, MaxUndecidedPerAddress: 100, DetectTimeout: time.Minute, HandshakeTimeout: time.Minute})
	web := h.mux.Listener(PlainWeb)
	var crowd []net.Conn
	defer func() {
		for _, c := range crowd {
			_ = c.Close()
		}
	}()
	starts := [][]byte{nil, {0x16, 3, 1, 2, 0, 1}, {0}}
	for i := range 1500 {
		c, err := net.Dial("tcp", h.port.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, c)
		_, _ = c.Write(starts[i%len(starts)]) // it may be closed already
		if i%100 == 99 {
			h.ask(web)
			if s := h.mux.Stats(); s.Undecided > 101 {
				t.Fatalf("%d are undecided", s.Undecided)
			}
		}
	}
	h.eventually("the oldest are closed", func(s Stats) bool { return s.Refused(Evicted) >= 1400 && s.Open <= 101 })
	h.stop()
	if s := h.mux.Stats(); s.Open != 0 || s.Undecided != 0 {
		t.Errorf("after the end: %+v", s)
	}
}

// The limit of all together also takes the oldest.
func TestUndecidedFromManyAddresses(t *testing.T) {
	h := serve(t, Config{MaxUndecided: 10, MaxUndecidedPerAddress: 5, DetectTimeout: time.Minute})
	web := h.mux.Listener(Web)
	for i := range 20 {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(i))}}
		c, err := dialer.Dial("tcp", h.port.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	h.eventually("ten are closed", func(s Stats) bool { return s.Refused(Evicted) == 10 && s.Undecided == 10 })
	h.ask(web)
}

func TestConnectionLimits(t *testing.T) {
	exempt := netip.MustParsePrefix("127.0.9.0/24")
	h := serve(t, Config{MaxConns: 6, MaxConnsPerAddress: 2, Exempt: []netip.Prefix{exempt}})
	web := h.mux.Listener(Web)
	from := func(last byte, net9 byte) net.Conn {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, net9, last)}}
		c, err := dialer.Dial("tcp", h.port.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	open := func(last, net9 byte) net.Conn {
		c := from(last, net9)
		h.write(c, []byte("GET"))
		return h.accept(web)
	}
	first := open(1, 0)
	open(1, 0)
	h.closed(from(1, 0), "a third of one address")
	for range 3 {
		open(1, 9) // of a proxy
	}
	open(2, 0)
	h.closed(from(2, 9), "a seventh in all")
	h.eventually("six are open, and two were refused", func(s Stats) bool {
		return s.Open == 6 && s.Refused(AddressLimit) == 1 && s.Refused(Limit) == 1
	})
	_ = first.Close()
	_ = first.Close() // is counted once
	open(1, 0)
	h.closed(from(1, 0), "a third of one address")
}

func TestOrigins(t *testing.T) {
	for from, want := range map[string]string{
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::/64", "192.0.2.1:1": "192.0.2.1/32", "[::ffff:192.0.2.1]:1": "192.0.2.1/32", "[fe80::1%lo]:1": "fe80::/64",
	} {
		if got := originOf(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))); got.String() != want {
			t.Errorf("%s: got %s", from, got)
		}
	}
	l := newLimits(Config{Exempt: []netip.Prefix{netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2001:dead::1/128")}})
	for from, want := range map[string]bool{"[2001:db8::1]:1": true, "[2001:dead::1]:1": false, "192.0.2.1:1": false} {
		if got := l.isExempt(originOf(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from)))); got != want {
			t.Errorf("%s is exempt: %v", from, got)
		}
	}
}
