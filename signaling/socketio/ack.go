package socketio

import (
	"context"
	"fmt"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// EmitWithAck sends an event and waits for the client's answer, for as long as ctx and the connection last. Acks do not
// wait for handlers, so it may be called from one.
func (s *Socket) EmitWithAck(ctx context.Context, name string, args ...any) (*Payload, error) {
	id, answer, err := s.expectAck()
	if err != nil {
		return nil, err
	}
	defer s.forgetAck(id)
	m, err := encodeEvent(s.ns.name, id, name, args, "")
	if err != nil {
		return nil, err
	}
	if err := s.send(m, engineio.Durable, ""); err != nil {
		return nil, err
	}
	select {
	case p := <-answer:
		return p, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("socketio: no ack of %q: %w", name, ctx.Err())
	case <-s.Context().Done():
		return nil, ErrClosed
	}
}

func (s *Socket) expectAck() (int64, chan *Payload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.disconnected {
		return 0, nil, ErrClosed
	}
	if s.acks == nil {
		s.acks = map[int64]chan *Payload{}
	}
	id := s.lastAck
	s.lastAck++
	answer := make(chan *Payload, 1)
	s.acks[id] = answer
	return id, answer, nil
}

func (s *Socket) forgetAck(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.acks, id)
	if len(s.acks) == 0 {
		s.acks = nil
	}
}

// resolveAck hands an ack of the client to who waits for it.
func (s *Socket) resolveAck(id int64, p *Payload) {
	s.mu.Lock()
	answer := s.acks[id]
	delete(s.acks, id)
	s.mu.Unlock()
	if answer == nil {
		s.ns.srv.stats.StrayAcks.Add(1) // late, twice or made up
		return
	}
	s.ns.srv.stats.Acks.Add(1)
	answer <- p
}
