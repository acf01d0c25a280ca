package transport

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pion/ice/v4"

	"github.com/digierapro/parley/internal/fault"
)

func TestCandidatesAreCheckedAndCounted(t *testing.T) {
	conn := newTestConn(t)
	good := "candidate:1 1 udp 2130706431 4e25a1f3.local 51000 typ host generation 0"
	for _, c := range []string{good, "a=" + good, "", "end-of-candidates"} {
		if err := conn.AddCandidate(c); err != nil {
			t.Errorf("%q: %v", c, err)
		}
	}
	for c, code := range map[string]string{
		"nonsense": "bad_candidate", "candidate:1 1 udp": "bad_candidate",
		"candidate:" + strings.Repeat("x", 600): "candidate_too_large",
	} {
		if err := conn.AddCandidate(c); fault.From(err).Code != code {
			t.Errorf("%q: %v", c, err)
		}
	}
	var err error
	for range 100 {
		err = conn.AddCandidate(good)
	}
	if fault.From(err).Code != "too_many_candidates" {
		t.Errorf("the hundredth: %v", err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, addr := range []string{"", "8080", "localhost:8080", ":x", ":99999"} {
		if _, err := New(Config{Addr: addr}); err == nil {
			t.Errorf("address %q was taken", addr)
		}
	}
}

func TestCandidatesOfBothFamiliesAndTransports(t *testing.T) {
	public := []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::7")}
	for _, c := range []struct {
		name, listen string
		tcp          string
		six          bool // TCP has IPv6, too
	}{
		{"dual stack", ":0", "[::]:443", true},
		{"TCP by IPv4 only", ":0", "0.0.0.0:443", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := startListener(t, func(cfg *Config) {
				cfg.Addr, cfg.PublicIP = c.listen, public
				cfg.TCP = []netip.AddrPort{netip.MustParseAddrPort(c.tcp), netip.MustParseAddrPort("198.51.100.9:8443")}
			})
			port := l.Addr().Port()
			lowestUDP, highestTCP := 1<<32, 0
			var seen []string
			for _, text := range l.candidates() {
				candidate, err := ice.UnmarshalCandidate(text)
				if err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				if candidate.NetworkType().IsTCP() {
					if candidate.TCPType() != ice.TCPTypePassive {
						t.Errorf("%q is not passive", text)
					}
					highestTCP = max(highestTCP, int(candidate.Priority()))
				} else {
					lowestUDP = min(lowestUDP, int(candidate.Priority()))
				}
				seen = append(seen, fmt.Sprintf("%s %s:%d", candidate.NetworkType().NetworkShort(), candidate.Address(), candidate.Port()))
			}
			if lowestUDP <= highestTCP {
				t.Errorf("a TCP candidate has the priority %d, and one of UDP %d", highestTCP, lowestUDP)
			}
			for _, want := range []string{fmt.Sprintf("udp 203.0.113.7:%d", port), fmt.Sprintf("udp 2001:db8::7:%d", port), "tcp 203.0.113.7:443", "tcp 198.51.100.9:8443"} {
				if !slices.Contains(seen, want) {
					t.Errorf("no %s in %q", want, seen)
				}
			}
			if six := slices.Contains(seen, "tcp 2001:db8::7:443"); six != c.six {
				t.Errorf("TCP over IPv6 is a candidate: %v", six)
			}
		})
	}
}

func TestTCPAddressesThatNobodyCanConnectToAreRefused(t *testing.T) {
	for _, a := range []netip.AddrPort{{}, netip.MustParseAddrPort("0.0.0.0:0"), netip.MustParseAddrPort("[fe80::1%eth0]:443")} {
		if _, err := New(Config{Addr: ":0", TCP: []netip.AddrPort{a}}); err == nil {
			t.Errorf("%v was taken", a)
		}
	}
}
