package doctor

import (
	"context"
	"net"
	"net/netip"

	"github.com/pion/stun/v3"
)

// checkSTUNServer asks the operator's STUN server for our public address, as the server does with media.publicIp: auto.
func checkSTUNServer(address string) Check {
	return Check{Name: "media address", Run: func(ctx context.Context) Finding {
		ctx, cancel := context.WithTimeout(ctx, bindTime)
		defer cancel()
		addr, err := askSTUN(ctx, address)
		switch {
		case err != nil:
			return fail("media.stunServer %s does not tell our public address: %s. Let UDP to it through the firewall, name another, or set media.publicIp to the address itself.", address, reason(err))
		case isPrivate(addr):
			return warn("media.stunServer %s sees us as %s, a private address, so it is in our own network. Name one on the internet, or set media.publicIp to the address itself.", address, addr)
		}
		return fine("%s, by %s", addr, address)
	}}
}

func askSTUN(ctx context.Context, address string) (netip.Addr, error) {
	request, err := plainRequest()
	if err != nil {
		return netip.Addr{}, err
	}
	var mapped stun.XORMappedAddress
	_, err = bindUDP(ctx, address, request, func(answer *stun.Message) error { return mapped.GetFrom(answer) })
	if err != nil {
		return netip.Addr{}, err
	}
	addr, ok := netip.AddrFromSlice(mapped.IP)
	if !ok {
		return netip.Addr{}, &net.AddrError{Err: "not an IP address", Addr: mapped.IP.String()}
	}
	return addr.Unmap(), nil
}
