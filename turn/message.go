package turn

import (
	"encoding/binary"
	"net/netip"

	"github.com/pion/stun/v3"
)

// What is needed of RFC 8489 and 8656 beside what pion/stun has.

const (
	headerLength    = 20
	magicCookie     = 0x2112A442
	maxMessage      = 1500 // bytes of a STUN message; no honest one comes near, but for Send indications
	maxAuthAttrs    = 32   // attributes of a request
	allocateRequest = 0x0003
	dataIndication  = 0x0017

	protocolUDP = 17 // REQUESTED-TRANSPORT
)

// isSTUN tells whether the datagram is one whole STUN message.
func isSTUN(b []byte) bool {
	return len(b) >= headerLength && b[0] < 64 && binary.BigEndian.Uint32(b[4:]) == magicCookie &&
		int(binary.BigEndian.Uint16(b[2:])) == len(b)-headerLength && len(b)%4 == 0
}

// isResponse tells a success or an error response from a request, an indication and ChannelData.
func isResponse(b []byte) bool { return len(b) > 0 && b[0] < 64 && b[0]&1 != 0 }

func isChannelData(b []byte) bool { return len(b) >= 4 && b[0] >= 64 && b[0] < 80 }

func appendHeader(b []byte, messageType uint16, id [12]byte, length int) []byte {
	b = binary.BigEndian.AppendUint16(b, messageType)
	b = binary.BigEndian.AppendUint16(b, uint16(length))
	b = binary.BigEndian.AppendUint32(b, magicCookie)
	return append(b, id[:]...)
}

// appendDataIndication wraps a packet of the peer's: RFC 8656 section 11.4. An indication's id is not looked at.
func appendDataIndication(b []byte, peer netip.AddrPort, packet []byte) []byte {
	start := len(b)
	b = appendHeader(b, dataIndication, [12]byte{}, 0)
	b = appendXORAddress(b, stun.AttrXORPeerAddress, peer, b[start+8:start+headerLength])
	b = binary.BigEndian.AppendUint16(b, uint16(stun.AttrData))
	b = binary.BigEndian.AppendUint16(b, uint16(len(packet)))
	b = append(b, packet...)
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-start-headerLength))
	return b
}

func appendXORAddress(b []byte, attr stun.AttrType, a netip.AddrPort, id []byte) []byte {
	var mask [16]byte
	binary.BigEndian.PutUint32(mask[:], magicCookie)
	copy(mask[4:], id)
	ip := a.Addr().Unmap().AsSlice()
	family := byte(1)
	if len(ip) == 16 {
		family = 2
	}
	b = binary.BigEndian.AppendUint16(b, uint16(attr))
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(ip)))
	b = append(b, 0, family)
	b = binary.BigEndian.AppendUint16(b, a.Port()^(magicCookie>>16))
	for i := range ip {
		b = append(b, ip[i]^mask[i])
	}
	return b
}

// parseXORAddress reads XOR-PEER-ADDRESS, whatever form the address has.
func parseXORAddress(v, id []byte) (netip.AddrPort, bool) {
	if len(v) < 8 || v[1] == 1 && len(v) != 8 || v[1] == 2 && len(v) != 20 || v[1] != 1 && v[1] != 2 {
		return netip.AddrPort{}, false
	}
	var mask, ip [16]byte
	binary.BigEndian.PutUint32(mask[:], magicCookie)
	copy(mask[4:], id)
	n := copy(ip[:], v[4:])
	for i := range n {
		ip[i] ^= mask[i]
	}
	port := binary.BigEndian.Uint16(v[2:]) ^ (magicCookie >> 16)
	a, _ := netip.AddrFromSlice(ip[:n]) // 4 or 16 bytes
	return netip.AddrPortFrom(a.Unmap(), port), true
}

// signed cuts off what stands behind MESSAGE-INTEGRITY, which nobody has signed; ok is false when there is none.
func signed(m *stun.Message) (before stun.Attributes, ok bool) {
	for i, a := range m.Attributes {
		if a.Type == stun.AttrMessageIntegrity {
			return m.Attributes[:i], true
		}
	}
	return m.Attributes, false
}

// resign makes the request that pion/turn gets: the client's, with pion/turn's nonce in place of ours.
func resign(m *stun.Message, attributes stun.Attributes, nonce string, key stun.MessageIntegrity) ([]byte, error) {
	out := &stun.Message{Type: m.Type, TransactionID: m.TransactionID, Raw: make([]byte, 0, len(m.Raw)+64)}
	out.WriteHeader()
	for _, a := range attributes {
		if a.Type != stun.AttrNonce {
			out.Add(a.Type, a.Value)
		}
	}
	out.Add(stun.AttrNonce, []byte(nonce))
	if err := key.AddTo(out); err != nil {
		return nil, err
	}
	return out.Raw, nil
}

// learnNonce takes the nonce out of pion/turn's answer to our own request.
func (s *Server) learnNonce(response []byte) {
	m := &stun.Message{Raw: response}
	var nonce stun.Nonce
	if m.Decode() == nil && nonce.GetFrom(m) == nil {
		text := nonce.String()
		if s.inner.Swap(&text) == nil {
			close(s.ready)
		}
	}
}
