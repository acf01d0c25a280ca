package engineio

import "net/netip"

// admission counts the sessions of each remote address. IPv6 addresses count by their /64, which is what one customer of
// a provider gets.
type admission struct {
	addrs map[netip.Addr]addrCount
	total int
}

type addrCount struct{ pending, established int }

func admissionKey(a netip.Addr) netip.Addr {
	if !a.Is6() || a.Is4In6() {
		return a.Unmap()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

// enter counts a new session, unless there are too many.
func (a *admission) enter(addr netip.Addr, cfg *Config) bool {
	c := a.addrs[addr]
	if a.total >= cfg.MaxSessions || c.pending >= cfg.MaxPendingPerAddr {
		return false
	}
	c.pending++
	a.total++
	a.addrs[addr] = c
	return true
}

// establish counts a pending session as an established one, unless there are too many.
func (a *admission) establish(addr netip.Addr, cfg *Config) bool {
	c := a.addrs[addr]
	if c.established >= cfg.MaxPerAddr {
		return false
	}
	c.pending--
	c.established++
	a.addrs[addr] = c
	return true
}

func (a *admission) leave(addr netip.Addr, established bool) {
	c := a.addrs[addr]
	if established {
		c.established--
	} else {
		c.pending--
	}
	a.total--
	if c == (addrCount{}) {
		delete(a.addrs, addr)
		return
	}
	a.addrs[addr] = c
}
