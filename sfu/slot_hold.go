package sfu

// held is what a slot keeps back while the way to its client seems to fill up: all from one packet on, which is in the
// layer's ring. Guarded by the slot's mu.
type held struct {
	from uint64 // 0 while nothing is kept back
}

// holdLocked keeps a packet of the forwarded layer back, or sends all that was kept back when that is over, and unlocks.
// If the way has really become narrow the slot is cut off meanwhile, and forgets what it kept back.
func (s *Slot) holdLocked(p *Packet) {
	from, l := s.held.from, p.layer
	switch {
	case from != 0 && p.Ext < from: // late: what is around it has gone out
		send := s.rewriteLocked(p, s.timestamp.Map(p.Timestamp, p.Arrival))
		s.mu.Unlock()
		if send {
			s.send(p.out)
		}
	case s.peer.conn.Held():
		if from == 0 {
			s.held.from = p.Ext
		}
		s.mu.Unlock()
	default:
		s.held = held{}
		s.mu.Unlock()
		s.play(replay{layer: l, epoch: p.epoch, from: from, to: l.ring.Highest()}, p)
	}
}
