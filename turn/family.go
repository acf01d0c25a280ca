package turn

import (
	"net/netip"
	"slices"

	"github.com/pion/stun/v3"
)

// Families of REQUESTED-ADDRESS-FAMILY: RFC 8656 section 18.7.
const (
	familyIPv4 = 1
	familyIPv6 = 2
)

// hasFamily tells whether the media has an address of the family that an attribute names.
func (s *Server) hasFamily(value []byte) bool {
	if len(value) != 4 || value[0] != familyIPv4 && value[0] != familyIPv6 {
		return false
	}
	_, ok := s.mediaPeer(value[0] == familyIPv6)
	return ok
}

// withFamily names the family of the relayed address where the client does not. RFC 8656 section 7.2 then has it IPv4.
// Browsers never name one, and look for an IPv6 address when they have come by IPv6; coturn and pion/turn follow them, and
// so do we. But what counts is where the media is: with no address of that family there, it is the other one.
func (s *Server) withFamily(attributes stun.Attributes, client netip.AddrPort) stun.Attributes {
	if _, ok := attributes.Get(stun.AttrRequestedAddressFamily); ok {
		return attributes
	}
	v6 := client.Addr().Is6()
	if _, ok := s.mediaPeer(v6); !ok {
		v6 = !v6
	}
	value := []byte{familyIPv4, 0, 0, 0}
	if v6 {
		value[0] = familyIPv6
	}
	return append(slices.Clone(attributes), stun.RawAttribute{Type: stun.AttrRequestedAddressFamily, Length: 4, Value: value})
}
