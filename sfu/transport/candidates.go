package transport

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/digierapro/parley/internal/fault"
)

const (
	maxCandidateSize     = 512
	maxAddressCandidates = 16 // addresses of ours in one answer
)

// candidates returns our addresses as SDP candidates, best first: the public ones, then those of this host, and after
// UDP the same for ICE-TCP.
func (l *Listener) candidates() []string {
	var lines []string
	for i, a := range l.MediaAddresses() {
		// RFC 8445 section 5.1.2.1: type preference 126 for a host, local preference by our order, component 1.
		priority := 126<<24 | uint32(65535-i)<<8 | 255
		lines = append(lines, fmt.Sprintf("%d 1 udp %d %s %d typ host", len(lines)+1, priority, a.Addr(), a.Port()))
	}
	for i, a := range l.tcpAddresses() {
		// RFC 6544 section 4.2: below every UDP candidate; direction preference 4 for a passive host candidate.
		priority := 90<<24 | uint32(4<<13|8191-i)<<8 | 255
		lines = append(lines, fmt.Sprintf("%d 1 tcp %d %s %d typ host tcptype passive", len(lines)+1, priority, a.Addr(), a.Port()))
	}
	return lines
}

// hostAddresses lists where a socket bound to bound can be reached: there, or for a wildcard at every address of this
// host that others can use; at loopback when there is no such address.
func hostAddresses(bound netip.Addr) []netip.Addr {
	if !bound.IsUnspecified() {
		return []netip.Addr{bound}
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var usable, loopback []netip.Addr
	for _, ifa := range all {
		ipNet, ok := ifa.(*net.IPNet)
		if !ok {
			continue
		}
		a, ok := netip.AddrFromSlice(ipNet.IP)
		if a = a.Unmap(); !ok || (bound.Is4() && !a.Is4()) {
			continue
		}
		switch {
		case a.IsLoopback():
			loopback = append(loopback, a)
		case a.IsGlobalUnicast(): // private addresses, too; not link-local ones
			usable = append(usable, a)
		}
	}
	if len(usable) == 0 {
		return loopback
	}
	return usable
}

// AddCandidate takes one of the client's candidates, as its browser gives it. An ICE-lite server has no use for them
// (the client's checks come from wherever they come); they are checked and counted only. "" ends the candidates.
func (c *Conn) AddCandidate(candidate string) error {
	candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "a=")
	if len(candidate) > maxCandidateSize {
		return fault.Newf(fault.TooLarge, "candidate_too_large", "The candidate is larger than %d bytes.", maxCandidateSize)
	}
	if candidate == "" || candidate == "end-of-candidates" {
		return nil
	}
	// RFC 8839 section 5.1: foundation, component, transport, priority, address, port, "typ", type
	f := strings.Fields(candidate)
	if !strings.HasPrefix(candidate, "candidate:") || len(f) < 8 || f[6] != "typ" {
		return fault.New(fault.Invalid, "bad_candidate", "The candidate is malformed.")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := c.l.cfg.Limits.Candidates
	if c.negotiation.candidates >= limit {
		return fault.Newf(fault.Invalid, "too_many_candidates", "The client has sent more than %d candidates.", limit).
			With("limit", limit)
	}
	c.negotiation.candidates++
	return nil
}
