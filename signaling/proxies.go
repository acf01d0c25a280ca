package signaling

import (
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the networks of reverse proxies whose word about a client's address is taken.
type proxies []netip.Prefix

// remoteAddr is the address that limits are counted by: the TCP peer's, or behind trusted proxies the last address in
// X-Forwarded-For that is not one of theirs. What stands left of that one the client may have made up.
func (p proxies) remoteAddr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	if !p.trust(addr) {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr
		}
		addr = hop.Unmap().WithZone("")
		if !p.trust(addr) {
			return addr
		}
	}
	return addr
}

func (p proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}
