package transport

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ownAddresses are where clients reach us, best first, as they were found last.
type ownAddresses struct {
	mu    sync.Mutex // held while they are looked for
	media atomic.Pointer[[]netip.AddrPort]
	tcp   atomic.Pointer[[]netip.AddrPort] // as configured: an unspecified address stands for all
}

// addressesEvery is how often the addresses of this host are looked at: they change seldom, and are asked for often.
const addressesEvery = 5 * time.Second

// MediaAddresses is what answers name as UDP candidates. It is nil before Listen, and must not be changed.
func (l *Listener) MediaAddresses() []netip.AddrPort {
	if p := l.addresses.media.Load(); p != nil {
		return *p
	}
	return nil
}

// AdvertiseTCP says where clients reach ServeTCP from now on; see Config.TCP.
func (l *Listener) AdvertiseTCP(addrs ...netip.AddrPort) {
	addrs = slices.Clone(addrs)
	l.addresses.tcp.Store(&addrs)
}

// refreshAddresses looks for the addresses of this host.
func (l *Listener) refreshAddresses() {
	l.addresses.mu.Lock()
	defer l.addresses.mu.Unlock()
	bound := l.socket().localAddr()
	var list []netip.AddrPort
	add := func(a netip.Addr) {
		ap := netip.AddrPortFrom(a.Unmap(), bound.Port())
		if len(list) < maxAddressCandidates && !slices.Contains(list, ap) {
			list = append(list, ap)
		}
	}
	for _, a := range l.cfg.PublicIP {
		add(a)
	}
	if found := l.discovery.found.Load(); found != nil {
		for _, a := range *found {
			add(a)
		}
	}
	for _, a := range hostAddresses(bound.Addr()) {
		add(a)
	}
	l.addresses.media.Store(&list)
}

// tcpAddresses is what answers name as TCP candidates.
func (l *Listener) tcpAddresses() (list []netip.AddrPort) {
	add := func(a netip.AddrPort) {
		if len(list) < maxAddressCandidates && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	configured := l.addresses.tcp.Load()
	if configured == nil {
		return nil
	}
	for _, t := range *configured {
		if !t.Addr().IsUnspecified() {
			add(netip.AddrPortFrom(t.Addr().Unmap(), t.Port()))
			continue
		}
		for _, a := range l.MediaAddresses() {
			if t.Addr().Is6() || a.Addr().Is4() {
				add(netip.AddrPortFrom(a.Addr(), t.Port()))
			}
		}
	}
	return list
}
