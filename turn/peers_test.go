package turn_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"github.com/digierapro/parley/turn"
)

// forbidden is every form in which an address inside of somebody's network has been smuggled past a relay.
var forbidden = []string{
	"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.0.0.2", "127.255.255.254",
	"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1",
	"192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
	"255.255.255.255",
	"::", "::1", "::127.0.0.1", "::ffff:0.0.0.0", "::ffff:127.0.0.1", "::ffff:127.0.0.2", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:192.168.0.1",
	"::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1", "64:ff9b:1:ffff::a00:1", "100::1", "2001::1",
	"2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:c0a8:1::1", "3fff::1", "5f00::1",
	"fc00::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
}

// outside is forbidden too while nothing is listed.
var outside = []string{"8.8.8.8", "198.41.0.4", "2606:4700::1111"}

func peer(text string, port uint16) peerAttribute {
	return peerAttribute(netip.AddrPortFrom(netip.MustParseAddr(text), port))
}

func TestForbiddenPeers(t *testing.T) {
	everywhere := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	for name, relay := range map[string][]netip.Prefix{"nothing listed": nil, "everything listed": everywhere} {
		for _, transport := range transports {
			t.Run(name+"/"+transport, func(t *testing.T) {
				h := serve(t, func(c *turn.Config) { c.Relay = relay })
				r := h.raw(t, transport, h.Issue("alice", "seat"))
				r.allocate()
				media := h.media.addresses[0].Port()
				peers := forbidden
				if relay == nil {
					peers = append(peers[:len(peers):len(peers)], outside...)
				}
				for _, text := range peers {
					own := netip.MustParseAddr(text).Unmap() == h.media.addresses[0].Addr()
					for _, port := range []uint16{media, 80, 0} {
						got := r.ask(stun.MethodChannelBind, channelNumber(0x4000), peer(text, port))
						if c := code(got); c != stun.CodeForbidden && !(own && port == media) {
							t.Errorf("ChannelBind to %s:%d: %v", text, port, c)
						}
					}
					if c := code(r.ask(stun.MethodCreatePermission, peer(text, media))); c != stun.CodeForbidden && !own {
						t.Errorf("CreatePermission for %s: %v", text, c)
					}
					good := peerAttribute(h.media.addresses[0])
					if c := code(r.ask(stun.MethodCreatePermission, good, peer(text, 1))); c != stun.CodeForbidden && !own {
						t.Errorf("CreatePermission for the media and %s: %v", text, c)
					}
				}
				if c := code(r.ask(stun.MethodChannelBind, channelNumber(0x4001), peerAttribute(h.media.addresses[0]))); c != 0 && c != stun.CodeBadRequest {
					t.Errorf("the media is refused: %v", c) // 400: it has channel 4000 already, by its mapped form
				}
				if n := h.Stats().Dropped["peer"]; n < uint64(len(peers)) {
					t.Errorf("peer: %d", n)
				}
			})
		}
	}
}

// A Send indication has no response: what it is for must not arrive.
func TestIndicationsToForbiddenPeers(t *testing.T) {
	victim, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer victim.Close()
	to := victim.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, transport := range transports {
		h := serve(t, func(c *turn.Config) { c.Relay = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} })
		r := h.raw(t, transport, h.Issue("alice", "seat"))
		r.allocate()
		if c := code(r.ask(stun.MethodCreatePermission, peerAttribute(h.media.addresses[0]))); c != 0 {
			t.Fatal(c) // the permission is for the address, and the victim has the same
		}
		for _, p := range []netip.AddrPort{to, netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), to.Port())} {
			m := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), peerAttribute(p),
				attribute{stun.AttrData, []byte("let me in")})
			r.write(m.Raw)
		}
		eventually(t, func() bool { return h.Stats().Dropped["no_permission"] == 2 })
	}
	_ = victim.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := victim.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("%d bytes arrived", n)
	}
}

// Where peers outside may be reached, an allocation has a bounded number of them, and goes on with those that it has.
func TestPeersOfAnAllocationAreBounded(t *testing.T) {
	h := serve(t, func(c *turn.Config) { c.Relay = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} })
	r := h.raw(t, "udp", h.Issue("alice", "seat"))
	r.allocate()
	granted := func(ask func(i int) stun.ErrorCode) (n int) {
		t.Helper()
		for i := range 100 {
			switch c := ask(i); c {
			case 0:
				n++
			case stun.CodeInsufficientCapacity:
			default:
				t.Fatalf("answer %d: %v", i, c)
			}
		}
		return n
	}
	permit := func(i int) stun.ErrorCode {
		return code(r.ask(stun.MethodCreatePermission, peer(fmt.Sprintf("198.41.0.%d", i), 1)))
	}
	bind := func(i int) stun.ErrorCode {
		return code(r.ask(stun.MethodChannelBind, channelNumber(0x4000+uint16(i)), peer("198.41.0.1", uint16(i+1))))
	}
	for name, ask := range map[string]func(i int) stun.ErrorCode{"permissions": permit, "channels": bind} {
		for range 2 { // the second time they are refreshed
			if n := granted(ask); n != 64 {
				t.Errorf("%d %s are granted", n, name)
			}
		}
	}
	if n := h.Stats().Dropped["capacity"]; n != 4*36 {
		t.Errorf("%d counted", n)
	}
	if c := code(r.ask(stun.MethodChannelBind, channelNumber(0x5000), peerAttribute(h.media.addresses[0]))); c != 0 {
		t.Errorf("the media is refused: %v", c)
	}
}

func TestTCPAllocations(t *testing.T) {
	for _, transport := range transports {
		h := serve(t, nil)
		r := h.raw(t, transport, h.Issue("alice", "seat"))
		if c := code(r.ask(stun.MethodAllocate, attribute{stun.AttrRequestedTransport, []byte{6, 0, 0, 0}})); c != stun.CodeUnsupportedTransProto {
			t.Errorf("%s: Allocate over TCP: %v", transport, c)
		}
		if c := code(r.ask(stun.MethodAllocate, udpTransport, attribute{stun.AttrEvenPort, []byte{0x80}})); c != stun.CodeInsufficientCapacity {
			t.Errorf("%s: EVEN-PORT: %v", transport, c)
		}
		r.allocate()
		if c := code(r.ask(stun.MethodConnect, peer("127.0.0.1", 22))); c != stun.CodeBadRequest {
			t.Errorf("%s: Connect: %v", transport, c)
		}
		if c := code(r.ask(stun.MethodConnectionBind, attribute{stun.AttrConnectionID, []byte{1, 2, 3, 4}})); c != stun.CodeBadRequest {
			t.Errorf("%s: ConnectionBind: %v", transport, c)
		}
	}
}

func TestRelayListsAreOutside(t *testing.T) {
	for _, text := range []string{"10.0.0.0/8", "127.0.0.1/32", "169.254.169.254/32", "::1/128", "fd00::/8", "64:ff9b::/96", "2002::/16"} {
		_, err := turn.New(turn.Config{Secret: make([]byte, 32), Relay: []netip.Prefix{netip.MustParsePrefix(text)}})
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"0.0.0.0/0", "::/0", "198.41.0.0/16", "2606:4700::/32"} {
		if _, err := turn.New(turn.Config{Secret: make([]byte, 32), Relay: []netip.Prefix{netip.MustParsePrefix(text)}}); err != nil {
			t.Error(err)
		}
	}
}

func TestZonesAreInside(t *testing.T) {
	for _, text := range []string{"2606:4700::1111%eth0", "fe80::1%lo", "::1%1"} {
		if !turn.Inside(netip.MustParseAddr(text)) {
			t.Errorf("%s is outside", text)
		}
	}
	if !turn.Inside(netip.Addr{}) {
		t.Error("no address is outside")
	}
	for _, text := range outside {
		if turn.Inside(netip.MustParseAddr(text)) {
			t.Errorf("%s is inside", text)
		}
	}
}

func TestOthersMayNotUseAnAllocation(t *testing.T) {
	h := serve(t, nil)
	r := h.raw(t, "udp", h.Issue("alice", "seat"))
	if c := code(r.ask(stun.MethodRefresh)); c != stun.CodeAllocMismatch {
		t.Errorf("Refresh without allocation: %v", c)
	}
	r.allocate()
	alice := r.creds
	r.creds = h.Issue("mallory", "seat")
	for _, method := range []stun.Method{stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind} {
		if c := code(r.ask(method, channelNumber(0x4000), peerAttribute(h.media.addresses[0]))); c != stun.CodeWrongCredentials {
			t.Errorf("%v with another's credentials: %v", method, c)
		}
	}
	r.creds = alice
	if c := code(r.ask(stun.MethodRefresh)); c != 0 {
		t.Errorf("Refresh: %v", c)
	}
}

// What stands behind MESSAGE-INTEGRITY is not signed and must not count.
func TestUnsignedAttributesDoNotCount(t *testing.T) {
	h := serve(t, nil)
	r := h.raw(t, "udp", h.Issue("alice", "seat"))
	r.allocate()
	m := r.signed(stun.MethodCreatePermission)
	if err := peerAttribute(h.media.addresses[0]).AddTo(m); err != nil {
		t.Fatal(err)
	}
	m.WriteHeader()
	r.write(m.Raw)
	if c := code(r.response(m)); c == 0 {
		t.Error("an unsigned peer was permitted")
	}
}
