package doctor

import (
	"context"
	"net"
	"net/netip"

	"github.com/pion/stun/v3"
)

// checkSTUNServer asks the operator's STUN server for our public address, as the server does with media.publicIp: auto.
func checkSTUNServer(address, listen string) Check {
	return Check{Name: "media address", Run: func(ctx context.Context) Finding {
		ctx, cancel := context.WithTimeout(ctx, bindTime)
		defer cancel()
		_, port := splitHost(listen, "")
		addr, kept, err := askSTUN(ctx, address)
		if err != nil {
			return fail("media.stunServer %s does not tell our public address: %s. Let UDP to it through the firewall, name another, or set media.publicIp to the address itself.", address, reason(err))
		}
		if bad, ok := mediaPort(port, !isPrivate(addr)); !ok {
			return bad
		}
		switch {
		case isPrivate(addr):
			return warn("media.stunServer %s sees us as %s, a private address, so it is in our own network. Name one on the internet, or set media.publicIp to the address itself.", address, addr)
		case !kept:
			return warn("%s, by %s, through a NAT that gives ports other numbers. See that it forwards UDP port %s unchanged, and run `parley doctor --probe` on a machine outside.", addr, address, port)
		}
		return fine("%s, by %s", addr, address)
	}}
}

// askSTUN tells our public address, and whether our port has kept its number on the way.
func askSTUN(ctx context.Context, address string) (public netip.Addr, kept bool, err error) {
	request, err := plainRequest()
	if err != nil {
		return netip.Addr{}, false, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "udp", address)
	if err != nil {
		return netip.Addr{}, false, err
	}
	defer func() { _ = conn.Close() }()
	var mapped stun.XORMappedAddress
	if _, err = bindOver(ctx, conn, request, func(answer *stun.Message) error { return mapped.GetFrom(answer) }); err != nil {
		return netip.Addr{}, false, err
	}
	addr, ok := netip.AddrFromSlice(mapped.IP)
	if !ok {
		return netip.Addr{}, false, &net.AddrError{Err: "not an IP address", Addr: mapped.IP.String()}
	}
	own, ok := conn.LocalAddr().(*net.UDPAddr)
	return addr.Unmap(), ok && own.Port == mapped.Port, nil
}
