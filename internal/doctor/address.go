package doctor

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// shared address space of carriers, which nobody outside reaches: RFC 6598.
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

func isPrivate(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || carrierNAT.Contains(a.Unmap())
}

// checkMediaAddress sees whether browsers on the internet can send audio and video to the addresses that they are given.
func checkMediaAddress(publicIP netip.Addr, listen string, interfaces func() ([]net.Addr, error)) Check {
	return Check{Name: "media address", Run: func(context.Context) Finding {
		own, err := hostAddresses(listen, interfaces)
		if err != nil {
			return fail("The addresses of this machine cannot be read: %s. Set media.publicIp.", reason(err))
		}
		var texts []string
		public := false
		for _, a := range own {
			texts = append(texts, a.String())
			public = public || !isPrivate(a)
		}
		_, port := splitHost(listen, "")
		if bad, ok := mediaPort(port, public || publicIP.IsValid() && !isPrivate(publicIP)); !ok {
			return bad
		}
		switch {
		case publicIP.IsValid() && isPrivate(publicIP):
			return warn("media.publicIp is %s, which is a private address: nobody outside reaches it. Set the address that the internet sees, or leave it out.", publicIP)
		case publicIP.IsValid():
			return fine("%s", strings.Join(append([]string{publicIP.String()}, texts...), ", "))
		case len(own) == 1 && own[0].IsLoopback():
			return fine("%s: this machine only, as server.listen says", own[0])
		case !public:
			return warn("This machine has private addresses only (%s), so audio and video come through only in its own network. "+
				"For users on the internet set media.publicIp and forward the UDP port.", strings.Join(texts, ", "))
		}
		return fine("%s", strings.Join(texts, ", "))
	}}
}

func hostAddresses(listen string, interfaces func() ([]net.Addr, error)) (own []netip.Addr, err error) {
	host, _ := splitHost(listen, "")
	if addr, err := netip.ParseAddr(host); err == nil && !addr.IsUnspecified() {
		return []netip.Addr{addr}, nil
	}
	all, err := interfaces()
	for _, each := range all {
		prefix, ok := each.(*net.IPNet)
		if !ok {
			continue
		}
		if a, ok := netip.AddrFromSlice(prefix.IP); ok && a.IsGlobalUnicast() {
			own = append(own, a.Unmap())
		}
	}
	return own, err
}
