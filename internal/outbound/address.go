package outbound

import (
	"net"
	"net/netip"
)

// forbidden are the parts of the address space in which no public server is, or through which one gets back to where we
// are (IANA's special-purpose registries). Of IPv6 only 2000::/3 is public at all.
var forbidden = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23",     // Teredo, ORCHID and others
	"2001:db8::/32", // documentation
	"2002::/16",     // 6to4
	"2620:4f:8000::/48", "3fff::/20",
)

var public6 = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(list))
	for i, p := range list {
		all[i] = netip.MustParsePrefix(p)
	}
	return all
}

// Public tells whether an address is one of the public internet. IPv4 in the dress of IPv6 is not, nor is an address with
// a zone.
func Public(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" || addr.Is4In6() || (addr.Is6() && !public6.Contains(addr)) {
		return false
	}
	for _, p := range forbidden {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

// ours tells whether an address is one of this machine's: services that trust the machine listen there too.
func ours(addr netip.Addr) bool {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return true // better no preview than one of our own
	}
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if own, ok := netip.AddrFromSlice(n.IP); ok && own.Unmap() == addr {
				return true
			}
		}
	}
	return false
}
