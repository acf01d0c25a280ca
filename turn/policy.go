package turn

import (
	"net/netip"
	"slices"
)

// policy says which peers a client may reach through us: our own media address, and, where the operator lists networks,
// what is in them and on no list of addresses that belong to somebody's inside.
type policy struct {
	relay []netip.Prefix      // the operator's list; empty for none
	own   func() []netip.Addr // of this machine
}

// inside are the networks that are nobody's to reach through a relay, whatever the operator lists: RFC 6890 and what
// goes around it by embedding an IPv4 address in an IPv6 one.
var inside = prefixes(
	"0.0.0.0/8",       // this network
	"10.0.0.0/8",      // private
	"100.64.0.0/10",   // carrier-grade NAT
	"127.0.0.0/8",     // loopback
	"169.254.0.0/16",  // link-local, and the metadata services of clouds
	"172.16.0.0/12",   // private
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"192.168.0.0/16",  // private
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"224.0.0.0/4",     // multicast
	"240.0.0.0/4",     // reserved, and broadcast
	"::/96",           // unspecified, loopback, IPv4-compatible
	"::ffff:0:0/96",   // IPv4-mapped; unmapped before, so none is left
	"::ffff:0:0:0/96", // IPv4-translated
	"64:ff9b::/96",    // NAT64
	"64:ff9b:1::/48",  // local NAT64
	"100::/64",        // discard
	"2001::/23",       // protocol assignments, Teredo among them
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4
	"3fff::/20",       // documentation
	"5f00::/16",       // segment routing
	"fc00::/7",        // unique local
	"fe80::/10",       // link-local
	"fec0::/10",       // site-local
	"ff00::/8",        // multicast
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// Inside tells whether an address is one that is never relayed to, unless it is our own media address.
func Inside(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return true
	}
	return in(inside, a.Unmap())
}

// insideAll tells whether all of a network is inside.
func insideAll(p netip.Prefix) bool {
	return slices.ContainsFunc(inside, func(i netip.Prefix) bool { return i.Bits() <= p.Bits() && i.Contains(p.Addr()) })
}

func in(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// admits tells whether a peer that is not the media may be reached.
func (p policy) admits(peer netip.Addr) bool {
	return len(p.relay) > 0 && !Inside(peer) && in(p.relay, peer.Unmap()) && !slices.Contains(p.own(), peer.Unmap())
}
