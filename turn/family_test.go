package turn_test

import (
	"net"
	"net/netip"
	"testing"

	"github.com/pion/stun/v3"

	"github.com/digierapro/parley/turn"
)

func family(n byte) attribute { return attribute{stun.AttrRequestedAddressFamily, []byte{n, 0, 0, 0}} }

// The relayed address is of the family that is asked for, else of the client's, else of the one that the media has.
func TestFamilyOfTheRelayedAddress(t *testing.T) {
	const v4, v6 = "192.0.2.7:5000", "[2001:db8::7]:5000"
	none := attribute{stun.AttrSoftware, nil}
	for name, c := range map[string]struct {
		client string
		media  []string
		asked  attribute
		code   stun.ErrorCode
		six    bool
	}{
		"IPv4":                           {"127.0.0.1", []string{v4, v6}, none, 0, false},
		"IPv6":                           {"::1", []string{v4, v6}, none, 0, true},
		"IPv6 to media on IPv4":          {"::1", []string{v4}, none, 0, false},
		"IPv4 to media on IPv6":          {"127.0.0.1", []string{v6}, none, 0, true},
		"IPv6, asks for IPv4":            {"::1", []string{v4, v6}, family(1), 0, false},
		"IPv4, asks for IPv6":            {"127.0.0.1", []string{v4, v6}, family(2), 0, true},
		"asks for IPv6, media on IPv4":   {"::1", []string{v4}, family(2), stun.CodeAddrFamilyNotSupported, false},
		"asks for IPv4, media on IPv6":   {"127.0.0.1", []string{v6}, family(1), stun.CodeAddrFamilyNotSupported, false},
		"asks for a family of no number": {"127.0.0.1", []string{v4}, family(3), stun.CodeAddrFamilyNotSupported, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, nil)
			h.media.addresses = nil
			for _, a := range c.media {
				h.media.addresses = append(h.media.addresses, netip.MustParseAddrPort(a))
			}
			r := h.raw(t, "tcp", turn.Credentials{})
			_ = r.conn.Close()
			r.conn, r.creds = h.streamFrom(t, c.client), h.Issue("alice", "seat")
			got := r.ask(stun.MethodAllocate, udpTransport, c.asked)
			if code(got) != c.code {
				t.Fatalf("Allocate: %v", code(got))
			}
			var relayed stun.XORMappedAddress
			if err := relayed.GetFromAs(got, stun.AttrXORRelayedAddress); c.code == 0 && (err != nil || (relayed.IP.To4() == nil) != c.six) {
				t.Errorf("relayed address %v, %v", relayed, err)
			}
		})
	}
}

// streamFrom connects to the server from an address of this machine.
func (h *harness) streamFrom(t *testing.T, address string) net.Conn {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Skipf("no %s here: %v", address, err)
	}
	h.streams(t, l)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
