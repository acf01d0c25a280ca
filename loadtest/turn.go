package loadtest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// TURN is a relay that participants go by, over UDP, with one channel to the server under test. Nothing is refreshed, so
// a run must be shorter than a permission's five minutes.
type TURN struct {
	Server   netip.AddrPort
	Username string
	Password string
}

const (
	turnChannel = 0x4000
	turnHeader  = 4
	turnFor     = 10 * time.Second
)

// relay is a client's way through a TURN server.
type relay struct {
	socket    *socket // connected to the TURN server
	responses chan []byte
}

// open allocates, and binds a channel to the peer. From then on what the socket sends is wrapped.
func (r *relay) open(ctx context.Context, t *TURN, peer netip.AddrPort) error {
	transport := attribute{stun.AttrRequestedTransport, []byte{17, 0, 0, 0}}
	challenge, err := r.ask(ctx, stun.MethodAllocate, transport)
	if err != nil {
		return err
	}
	var realm stun.Realm
	var nonce stun.Nonce
	if err := errors.Join(realm.GetFrom(challenge), nonce.GetFrom(challenge)); err != nil {
		return fmt.Errorf("TURN challenge: %w", err)
	}
	signed := []stun.Setter{stun.NewUsername(t.Username), realm, nonce, stun.NewLongTermIntegrity(t.Username, realm.String(), t.Password)}
	if err := r.succeed(ctx, stun.MethodAllocate, append([]stun.Setter{transport}, signed...)...); err != nil {
		return err
	}
	number := attribute{stun.AttrChannelNumber, []byte{turnChannel >> 8, turnChannel & 0xff, 0, 0}}
	if err := r.succeed(ctx, stun.MethodChannelBind, append([]stun.Setter{number, peerAddress(peer)}, signed...)...); err != nil {
		return err
	}
	r.socket.wrapped.Store(true)
	return nil
}

// receive sorts what comes, in the loop: packets go to the client.
func (r *relay) receive(data []byte, at int64, deliver func([]byte, int64)) {
	if packet := unwrap(data); packet != nil {
		deliver(packet, at)
		return
	}
	select {
	case r.responses <- append([]byte(nil), data...):
	default:
	}
}

// succeed asks for what must be granted.
func (r *relay) succeed(ctx context.Context, method stun.Method, attributes ...stun.Setter) error {
	m, err := r.ask(ctx, method, attributes...)
	if err == nil && m.Type.Class != stun.ClassSuccessResponse {
		var code stun.ErrorCodeAttribute
		_ = code.GetFrom(m)
		err = fmt.Errorf("TURN %v: %v", method, code)
	}
	return err
}

// ask sends a request until there is a response.
func (r *relay) ask(ctx context.Context, method stun.Method, attributes ...stun.Setter) (*stun.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, turnFor)
	defer cancel()
	request, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attributes...)...)
	if err != nil {
		return nil, err
	}
	again := time.NewTicker(checkEvery)
	defer again.Stop()
	for {
		if err := r.socket.send(request.Raw); err != nil {
			return nil, err
		}
		for waiting := true; waiting; {
			select {
			case data := <-r.responses:
				m := &stun.Message{Raw: data}
				if m.Decode() == nil && m.TransactionID == request.TransactionID {
					return m, nil
				}
			case <-again.C:
				waiting = false
			case <-ctx.Done():
				return nil, fmt.Errorf("TURN %v: no response", method)
			}
		}
	}
}

// peerAddress is XOR-PEER-ADDRESS.
func peerAddress(a netip.AddrPort) stun.Setter { return peerSetter(a) }

type peerSetter netip.AddrPort

func (p peerSetter) AddTo(m *stun.Message) error {
	a := netip.AddrPort(p)
	return (&stun.XORMappedAddress{IP: a.Addr().Unmap().AsSlice(), Port: int(a.Port())}).AddToAs(m, stun.AttrXORPeerAddress)
}

// wrap puts the channel's header in front of data.
func wrap(buf, data []byte) []byte {
	buf = binary.BigEndian.AppendUint16(buf, turnChannel)
	buf = binary.BigEndian.AppendUint16(buf, uint16(len(data)))
	return append(buf, data...)
}

// unwrap takes it off; nil for what is no ChannelData.
func unwrap(data []byte) []byte {
	if len(data) < turnHeader || binary.BigEndian.Uint16(data) != turnChannel {
		return nil
	}
	n := int(binary.BigEndian.Uint16(data[2:]))
	if n > len(data)-turnHeader {
		return nil
	}
	return data[turnHeader : turnHeader+n]
}
