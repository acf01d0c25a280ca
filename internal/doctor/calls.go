package doctor

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

const (
	bindTime    = 4 * time.Second // what each address gets to answer in
	laggardTime = time.Second     // what the others get when one has answered
)

// checkSTUN asks the UDP port for our own address, which needs no token.
func (t *Target) checkSTUN() Check {
	return Check{Name: "UDP", Run: func(ctx context.Context) Finding {
		request, err := plainRequest()
		if err != nil {
			return fail("No request could be made: %s. Report this.", err)
		}
		ctx, cancel := context.WithTimeout(ctx, bindTime)
		defer cancel()
		took, err := bindUDP(ctx, t.address(), request, taken)
		if err != nil {
			return fail("UDP port %s does not answer: %s. Open it in the firewall and forward it, as for TCP; a proxy for HTTP does not pass it on. If audio and video have a port of their own, run this with a token.", t.address(), reason(err))
		}
		return fine("%s answers in %s", t.address(), milliseconds(took))
	}}
}

// notTried explains why a call could not be begun.
func notTried(err error) Finding {
	if errors.Is(err, errRefused) {
		return warn("Not tried: the server does not take the token. Give another with --token.")
	}
	return warn("Not tried, since no test could be begun: %s. Mend first what is said above.", reason(err))
}

// checkDirect tries the server's addresses over a network, as a browser in a call does.
func (t *Target) checkDirect(network, name, blocked string) Check {
	return Check{Name: name, Timeout: 2 * usualTimeout, Run: func(ctx context.Context) Finding {
		s, err := t.calls.of(ctx)
		if err != nil {
			return notTried(err)
		}
		addresses := s.of(network)
		if len(addresses) == 0 {
			return warn("The server offers browsers no address over %s: see its log for why. Calls go the other ways.", strings.ToUpper(network))
		}
		best, answered, silent := s.tryAll(ctx, network, addresses)
		switch {
		case len(answered) == 0:
			return fail("None of the addresses that browsers are given answers over %s: %s. %s", strings.ToUpper(network), join(silent), blocked)
		case t.local && slices.ContainsFunc(silent, isPublic):
			return warn("%s answers, but %s, where others are sent, does not, from here. Many routers do not let a machine reach its own public address: try `parley doctor --probe` on another one. "+
				"If it fails there, too, forward the UDP and the TCP port.", answered[0], join(silent))
		case len(silent) > 0:
			return fine("%s answers in %s; from here there is no answer of %s", answered[0], milliseconds(best), join(silent))
		}
		return fine("%s answers in %s", join(answered), milliseconds(best))
	}}
}

// tryAll asks all addresses at once; best is the shortest time.
func (s *session) tryAll(ctx context.Context, network string, addresses []netip.AddrPort) (best time.Duration, answered, silent []netip.AddrPort) {
	ctx, cancel := context.WithTimeout(ctx, bindTime)
	defer cancel()
	bind := map[string]func(context.Context, string, *stun.Message, func(*stun.Message) error) (time.Duration, error){"udp": bindUDP, "tcp": bindTCP}[network]
	took := make([]chan time.Duration, len(addresses))
	var first sync.Once
	for i, address := range addresses {
		took[i] = make(chan time.Duration, 1)
		go func() {
			defer close(took[i])
			request, err := s.request()
			if err != nil {
				return
			}
			if d, err := bind(ctx, address.String(), request, taken); err == nil {
				took[i] <- d
				first.Do(func() { time.AfterFunc(laggardTime, cancel) })
			}
		}()
	}
	for i, address := range addresses {
		d, ok := <-took[i]
		if !ok {
			silent = append(silent, address)
			continue
		}
		if answered = append(answered, address); best == 0 || d < best {
			best = d
		}
	}
	return best, answered, silent
}

func isPublic(a netip.AddrPort) bool { return !isPrivate(a.Addr()) }

func join(addresses []netip.AddrPort) string {
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}
