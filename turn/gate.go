package turn

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"

	"github.com/pion/stun/v3"

	"github.com/digierapro/parley/internal/rate"
)

// The gate is all that messages from outside meet. The order in which a request is looked at follows RFC 8489 section
// 9.2.4: is it signed, is the nonce ours and made for this address, whose name is it, does the signature hold.

// HandleTURN takes one datagram of a client: ChannelData, or a STUN message. It does not wait. What is for the media it
// hands to via.
func (s *Server) HandleTURN(via Receiver, from, local netip.AddrPort, data []byte) {
	s.handle(source{via: via, client: unmap(from), local: local.Addr()}, data)
}

func (s *Server) handle(from source, data []byte) {
	switch {
	case isChannelData(data):
		s.channelData(from, data)
	case isSTUN(data) && len(data) <= maxMessage:
		s.message(from, data)
	default:
		s.counters.drop(dropMalformed)
	}
}

func (s *Server) linkOf(from source) *Link {
	if from.stream != nil {
		return from.stream.link.Load()
	}
	return s.links.find(from.client)
}

// channelData is the packet path: RFC 8656 section 12.6.
func (s *Server) channelData(from source, data []byte) {
	length := int(binary.BigEndian.Uint16(data[2:]))
	if length > len(data)-4 {
		s.counters.drop(dropMalformed)
		return
	}
	link := s.linkOf(from)
	if link == nil {
		s.counters.drop(dropNoAllocation)
		return
	}
	peer, ok := link.peerOf(binary.BigEndian.Uint16(data))
	if !ok {
		s.counters.drop(dropNoChannel)
		return
	}
	link.relay(from.via, peer, data[4:4+length])
}

var messages = sync.Pool{New: func() any { return stun.New() }}

func (s *Server) message(from source, data []byte) {
	m := messages.Get().(*stun.Message)
	defer messages.Put(m)
	if _, err := m.Write(data); err != nil || len(m.Attributes) > maxAuthAttrs {
		s.counters.drop(dropMalformed)
		return
	}
	switch {
	case m.Type == stun.NewType(stun.MethodSend, stun.ClassIndication):
		s.sendIndication(from, m)
	case m.Type.Class != stun.ClassRequest:
		s.counters.drop(dropMalformed)
	case m.Type.Method == stun.MethodBinding:
		s.binding(from, m)
	default:
		s.request(from, m)
	}
}

// sendIndication relays a packet that comes before a channel is bound: RFC 8656 section 11.2.
func (s *Server) sendIndication(from source, m *stun.Message) {
	link := s.linkOf(from)
	if link == nil {
		s.counters.drop(dropNoAllocation)
		return
	}
	data, err := m.Get(stun.AttrData)
	address, addressErr := m.Get(stun.AttrXORPeerAddress)
	peer, ok := parseXORAddress(address, m.TransactionID[:])
	switch {
	case err != nil || addressErr != nil || !ok:
		s.counters.drop(dropMalformed)
	case !link.mayReach(peer):
		s.counters.drop(dropNoPermission)
	default:
		link.relay(from.via, peer, data)
	}
}

// binding tells a client its own address, as any STUN server does.
func (s *Server) binding(from source, m *stun.Message) {
	response := appendHeader(nil, 0x0101, m.TransactionID, 0)
	response = appendXORAddress(response, stun.AttrXORMappedAddress, from.client, m.TransactionID[:])
	binary.BigEndian.PutUint16(response[2:], uint16(len(response)-headerLength))
	s.answerStranger(from, len(m.Raw), response)
}

// request takes one that must be authenticated.
func (s *Server) request(from source, m *stun.Message) {
	switch m.Type.Method {
	case stun.MethodAllocate, stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind,
		stun.MethodConnect, stun.MethodConnectionBind:
	default:
		s.counters.drop(dropMalformed)
		return
	}
	who, ok := s.authenticate(from, m)
	if !ok {
		return
	}
	// All users' requests wait in one queue.
	limit := rate.Limit{PerSecond: float64(s.cfg.UserRequests), Burst: 10 * s.cfg.UserRequests}
	if s.requests.Take(who.holder.user, limit, s.cfg.Now()) > 0 {
		s.counters.drop(dropUserRate)
		return
	}
	if code := s.judge(from, m, who); code != 0 {
		s.refuse(from, m, who.key, code)
		return
	}
	inner := s.inner.Load()
	if inner == nil {
		s.counters.drop(dropBusy) // we have just been started; the client asks again
		return
	}
	if m.Type.Method == stun.MethodAllocate {
		who.attributes = s.withFamily(who.attributes, from.client)
	}
	message, err := resign(m, who.attributes, *inner, who.key)
	if err != nil {
		s.counters.drop(dropMalformed)
		return
	}
	f := s.udp
	if from.stream != nil {
		f = s.tcp
	}
	from.via = nil // it is valid during the call only
	_ = f.hand(request{from: from, holder: who.holder, made: who.made, message: message})
}

// judge looks at what an authenticated request asks for; 0: let pion/turn do it.
func (s *Server) judge(from source, m *stun.Message, who authentic) stun.ErrorCode {
	link := s.linkOf(from)
	switch m.Type.Method {
	case stun.MethodConnect, stun.MethodConnectionBind: // RFC 6062
		s.counters.drop(dropTCPAllocation)
		return stun.CodeBadRequest
	case stun.MethodAllocate:
		return s.judgeAllocate(who.attributes)
	}
	switch {
	case link == nil:
		return stun.CodeAllocMismatch
	case link.holder != who.holder:
		return stun.CodeWrongCredentials
	case m.Type.Method == stun.MethodRefresh:
		return 0
	}
	return s.judgePeers(link, m, who.attributes)
}

func (s *Server) judgeAllocate(attributes stun.Attributes) stun.ErrorCode {
	if transport, ok := attributes.Get(stun.AttrRequestedTransport); ok && len(transport.Value) > 0 && transport.Value[0] != protocolUDP {
		s.counters.drop(dropTCPAllocation)
		return stun.CodeUnsupportedTransProto
	}
	if family, ok := attributes.Get(stun.AttrRequestedAddressFamily); ok && !s.hasFamily(family.Value) {
		s.counters.drop(dropCapacity)
		return stun.CodeAddrFamilyNotSupported
	}
	_, even := attributes.Get(stun.AttrEvenPort)
	_, reserved := attributes.Get(stun.AttrReservationToken)
	if even || reserved { // there are no ports to be had in pairs
		s.counters.drop(dropCapacity)
		return stun.CodeInsufficientCapacity
	}
	return 0
}

// judgePeers refuses a request that names any peer that may not be reached. A permission is for all ports of an address,
// so its port says nothing; a channel's must be the media's.
func (s *Server) judgePeers(link *Link, m *stun.Message, attributes stun.Attributes) stun.ErrorCode {
	for _, a := range attributes {
		if a.Type != stun.AttrXORPeerAddress {
			continue
		}
		peer, ok := parseXORAddress(a.Value, m.TransactionID[:])
		if !ok {
			return stun.CodeBadRequest
		}
		media := peer.Addr() == link.peer.Addr()
		if media && m.Type.Method == stun.MethodChannelBind {
			media = peer.Port() == link.peer.Port()
		}
		switch {
		case media:
		case !s.policy.admits(peer.Addr()):
			s.counters.drop(dropPeer)
			return stun.CodeForbidden
		case !link.others.room(peer, m.Type.Method == stun.MethodChannelBind):
			s.counters.drop(dropCapacity)
			return stun.CodeInsufficientCapacity
		}
	}
	return 0
}

// refuse answers an authenticated request with an error.
func (s *Server) refuse(from source, m *stun.Message, key stun.MessageIntegrity, code stun.ErrorCode) {
	response, err := stun.Build(
		stun.NewTransactionIDSetter(m.TransactionID), stun.NewType(m.Type.Method, stun.ClassErrorResponse), code, key,
	)
	if err == nil {
		err = s.send(from, response.Raw)
	}
	if err != nil && !errors.Is(err, errSlow) {
		s.counters.drop(dropBusy)
	}
}

// send writes a whole message to where a message came from.
func (s *Server) send(to source, message []byte) error {
	switch {
	case to.stream != nil:
		return to.stream.send(message)
	case to.port != nil:
		_, err := to.port.WriteToUDPAddrPort(message, to.client)
		return err
	}
	return s.media.WriteTURN(to.client, to.local, message)
}
