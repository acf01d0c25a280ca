package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v3"
)

// discovery asks a STUN server under which address the world sees us. It asks by the media port itself, because what a
// NAT makes of another port says little about this one.
type discovery struct {
	question atomic.Pointer[question] // the one that waits for its answer
	found    atomic.Pointer[[]netip.Addr]
	remapped map[netip.Addr]uint16 // other numbers that the media port was seen under; owned by runDiscovery
}

// question is one binding request of ours.
type question struct {
	server netip.AddrPort
	id     [stun.TransactionIDSize]byte
	answer chan netip.AddrPort // holds one
}

const (
	discoverEvery = 3 * time.Minute
	discoverRetry = 30 * time.Second // after a failure
	questionTries = 4                // RFC 8489 section 6.2.1, cut short: 0.5 s, 1 s, 2 s, 4 s
	questionWait  = 500 * time.Millisecond
)

// runDiscovery keeps the public address up to date until ctx ends. A failure changes nothing: the address that was found
// last, or those of this host, are still the best we know.
func (l *Listener) runDiscovery(ctx context.Context) {
	log := l.cfg.Logger.With("stunServer", l.cfg.STUN)
	failed := false
	for {
		wait := l.cfg.Timeouts.Discover
		err := l.discover(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if !failed {
				log.Warn("the public address cannot be found; clients outside of this network may not get media",
					"error", err, "known", l.MediaAddresses())
			}
			wait = min(wait, discoverRetry)
		case failed:
			log.Info("the public address can be found again")
		}
		failed = err != nil
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// discover asks once for each family of addresses that the server and we have.
func (l *Listener) discover(ctx context.Context) error {
	servers, err := l.stunServers(ctx)
	if err != nil {
		return err
	}
	var found []netip.Addr
	var errs []error
	for _, server := range servers {
		mapped, err := l.ask(ctx, server)
		if err != nil {
			errs = append(errs, fmt.Errorf("ask %v: %w", server, err))
			continue
		}
		found = append(found, mapped.Addr())
		l.warnOfPort(mapped)
	}
	if len(found) == 0 {
		return errors.Join(errs...)
	}
	if before := l.discovery.found.Load(); before == nil || !slices.Equal(*before, found) {
		l.cfg.Logger.Info("public address found", "addresses", found)
		l.discovery.found.Store(&found)
		l.refreshAddresses()
	}
	return nil
}

// warnOfPort tells once, and again when it changes, that a NAT gives the media port another number. Clients are told of our
// own number, which leads here only if the operator forwards it: many NATs give another one for what goes out even so.
func (l *Listener) warnOfPort(mapped netip.AddrPort) {
	own, d := l.Addr().Port(), &l.discovery
	if mapped.Port() == own {
		delete(d.remapped, mapped.Addr())
		return
	}
	if d.remapped[mapped.Addr()] != mapped.Port() {
		l.cfg.Logger.Warn("the network gives the media port another number; clients get media only if this UDP port is forwarded unchanged",
			"port", own, "mapped", mapped)
	}
	if d.remapped == nil {
		d.remapped = make(map[netip.Addr]uint16)
	}
	clear(d.remapped) // one of each family at most: the server is asked by one of ours
	d.remapped[mapped.Addr()] = mapped.Port()
}

// stunServers resolves the server's name: at most one address of each family that the media port can send to.
func (l *Listener) stunServers(ctx context.Context) (servers []netip.AddrPort, err error) {
	host, service, err := net.SplitHostPort(l.cfg.STUN)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	bound := l.Addr().Addr()
	var have4, have6 bool
	for _, a := range addrs {
		a = a.Unmap()
		family := &have6
		if a.Is4() {
			family = &have4
		}
		reachable := a.Is4() == bound.Is4() || (bound.Is6() && bound.IsUnspecified())
		if reachable && !*family {
			*family = true
			servers = append(servers, netip.AddrPortFrom(a, uint16(port)))
		}
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("%s has no address that %v can send to", host, bound)
	}
	return servers, nil
}

// ask sends one question until it is answered.
func (l *Listener) ask(ctx context.Context, server netip.AddrPort) (netip.AddrPort, error) {
	request, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.Fingerprint)
	if err != nil {
		return netip.AddrPort{}, err
	}
	q := &question{server: server, id: request.TransactionID, answer: make(chan netip.AddrPort, 1)}
	l.discovery.question.Store(q)
	defer l.discovery.question.Store(nil)
	started := time.Now()
	for try := range questionTries {
		if err := l.WriteTURN(server, netip.Addr{}, request.Raw); err != nil {
			return netip.AddrPort{}, err
		}
		select {
		case a := <-q.answer:
			return a, nil
		case <-time.After(questionWait << try):
		case <-ctx.Done():
			return netip.AddrPort{}, ctx.Err()
		}
	}
	return netip.AddrPort{}, fmt.Errorf("no answer in %v", time.Since(started).Round(time.Millisecond))
}

// takeAnswer takes a binding response, if it answers our question: from the server asked, with the id that nobody else
// knows.
func (q *discovery) takeAnswer(d *datagram, m *stun.Message) bool {
	asked := q.question.Load()
	if asked == nil || d.link != nil || d.remote != asked.server || m.TransactionID != asked.id {
		return false
	}
	var mapped stun.XORMappedAddress
	if mapped.GetFrom(m) != nil {
		return false
	}
	a, ok := netip.AddrFromSlice(mapped.IP)
	if a = a.Unmap(); !ok || a.IsUnspecified() || a.IsMulticast() {
		return false
	}
	select {
	case asked.answer <- netip.AddrPortFrom(a, uint16(mapped.Port)):
	default: // answered already
	}
	return true
}
