package call

// end finishes a call: everyone is told and sent away.
func (s *Service) end(l *live) { s.endIf(l, func() bool { return true }) }

// endIf does so if the condition, asked under the call's lock, holds.
func (s *Service) endIf(l *live, holds func() bool) {
	var seats []*seat
	ended := false
	l.change(func() []func() {
		if l.ended || !holds() {
			return nil
		}
		ended = true
		l.ended = true
		now := s.now().UTC()
		for len(l.seats) > 0 {
			seats = append(seats, l.removeLocked(l.seats[0].ID, now))
		}
		events := s.missLocked(l)
		record := l.recordLocked()
		record.Status, record.EndedAt, record.TotalDuration = l.statusAtEndLocked(), &now, seconds(l.startedAt, now)
		s.records.put(record)
		return append(events, s.tellChannel(l, EventCallEnded, callEnded{
			CallID: l.id, ChannelID: l.channelID, Status: record.Status, TotalDuration: *record.TotalDuration,
		}))
	})
	if !ended {
		return
	}
	s.forget(l)
	for _, st := range seats {
		s.release(st)
	}
	l.room.Close()
}

func (s *Service) forget(l *live) {
	l.deaf()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, l.id)
	if s.byChannel[l.channelID] == l {
		delete(s.byChannel, l.channelID)
	}
}

func (s *Service) endAll() {
	for _, l := range s.snapshot() {
		s.end(l)
	}
}
