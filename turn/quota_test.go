package turn_test

import (
	"net"
	"strings"
	"testing"

	"github.com/digierapro/parley/turn"
)

func TestQuotaOfAllocations(t *testing.T) {
	h := serve(t, func(c *turn.Config) { c.Quota = turn.Quota{UserAllocations: 2, AddressAllocations: 3} })
	alice := h.Issue("alice", "seat")
	first := h.client("udp", alice).allocate(t)
	h.client("tcp", alice).allocate(t)
	for _, transport := range []string{"udp", "tcp"} {
		if _, err := h.client(transport, alice).Allocate(); err == nil || !strings.Contains(err.Error(), "486") {
			t.Errorf("%s: the third: %v", transport, err)
		}
	}
	h.client("udp", h.Issue("bob", "seat")).allocate(t)
	if _, err := h.client("udp", h.Issue("carol", "seat")).Allocate(); err == nil {
		t.Error("a fourth allocation of one address")
	}
	if n := h.Stats().Dropped["quota"]; n != 3 {
		t.Errorf("quota: %d", n)
	}
	_ = first.Close()
	within(t, h.media.forgotten, "the end of the first")
	h.client("udp", alice).allocate(t) // there is room again
}

func TestQuotaOfBandwidth(t *testing.T) {
	for name, quota := range map[string]turn.Quota{"user": {UserBandwidth: 20_000}, "address": {AddressBandwidth: 20_000}} {
		t.Run(name, func(t *testing.T) {
			h := serve(t, func(c *turn.Config) { c.Quota = quota })
			relays := []net.PacketConn{h.client("udp", h.Issue("alice", "seat")).allocate(t)}
			if name == "address" { // that of two users together
				relays = append(relays, h.client("tcp", h.Issue("bob", "seat")).allocate(t))
			}
			for _, relay := range relays {
				echo(t, relay, h.media.peer(), "first")
			}
			for n := range 100 {
				if _, err := relays[n%len(relays)].WriteTo(make([]byte, 1000), h.media.peer()); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, func() bool { return h.Stats().Dropped["bandwidth"] > 70 })
			if s := h.Stats(); s.BytesIn+s.BytesOut > 30_000 {
				t.Errorf("%d bytes passed", s.BytesIn+s.BytesOut)
			}
		})
	}
}
