package engineio

import "sync"

// Send queues a message. It never waits for the client: when the queue is full, ephemeral messages are dropped, and
// then the session is closed as slow. key is for messages of class State.
func (s *Session) Send(m *Message, class Class, key string) error {
	if m.size > s.srv.cfg.MaxOutgoing+headerRoom && !m.joined {
		return ErrTooLarge
	}
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return ErrClosed
	}
	if s.sendDirect(m) {
		s.mu.Unlock()
		return nil
	}
	if s.ended {
		s.mu.Unlock()
		return ErrClosed
	}
	v, coalesced, evicted := s.queue.push(queued{m, class, key}, s.srv.cfg.MaxQueuePackets, s.srv.cfg.MaxQueueBytes)
	s.kickLocked()
	s.mu.Unlock()

	if v == dropped {
		evicted++
	}
	s.srv.stats.CoalescedState.Add(int64(coalesced))
	s.srv.stats.DroppedEphemeral.Add(int64(evicted))
	if v == overflow {
		s.close(SlowConsumer)
		return ErrClosed
	}
	return nil
}

// AwaitRoom waits while the send queue is more than half full, so that a client that does not read its answers is not
// asked for more requests. It returns at once when the session has ended.
func (s *Session) AwaitRoom() {
	for {
		s.mu.Lock()
		if s.ended || !s.overHalfLocked() {
			s.mu.Unlock()
			return
		}
		if s.roomAgain == nil {
			s.roomAgain = make(chan struct{})
		}
		wait := s.roomAgain
		s.mu.Unlock()
		<-wait
	}
}

func (s *Session) overHalfLocked() bool {
	return s.queue.full(max(1, s.srv.cfg.MaxQueuePackets/2), max(1, s.srv.cfg.MaxQueueBytes/2))
}

// tellRoomLocked wakes those who wait in AwaitRoom, if there is reason to.
func (s *Session) tellRoomLocked() {
	if s.roomAgain != nil && (s.ended || !s.overHalfLocked()) {
		close(s.roomAgain)
		s.roomAgain = nil
	}
}

// kickLocked gets what is queued under way.
func (s *Session) kickLocked() {
	switch {
	case s.conn != nil:
		s.startWriterLocked()
	case s.poll != nil:
		s.poll.wakeUp()
	}
}

// startWriterLocked starts a writer unless there is one. The caller has seen the session open under mu, so its reader
// still counts as running and Close cannot have finished waiting.
func (s *Session) startWriterLocked() {
	if s.writing {
		return
	}
	s.writing = true
	s.srv.running.Go(s.writeLoop)
}

// writeBatch is the scratch space of a writer.
type writeBatch struct {
	messages []*Message
	frames   [][]byte
}

var batchPool = sync.Pool{New: func() any {
	return &writeBatch{messages: make([]*Message, 0, batchFrames), frames: make([][]byte, 0, batchFrames)}
}}

// writeLoop writes until nothing is queued, and then, if the session has ended, says so.
func (s *Session) writeLoop() {
	batch := batchPool.Get().(*writeBatch)
	defer batchPool.Put(batch)
	defer batch.reset()
	for {
		ended := s.takeBatch(batch)
		if len(batch.messages) == 0 {
			if ended {
				s.sayGoodbye()
				s.stopWriting()
			}
			return
		}
		err := s.conn.writeFrames(batch.frames, s.srv.cfg.WriteTimeout)
		if err != nil {
			s.close(TransportError)
			s.stopWriting()
			s.conn.abort()
			return
		}
		s.srv.stats.PacketsOut.Add(int64(len(batch.frames)))
		s.srv.stats.BytesOut.Add(int64(batch.size()))
	}
}

// takeBatch fills batch with what can be written at once. When there is nothing it marks the writer as stopped, unless
// the session has ended and a goodbye is due.
func (s *Session) takeBatch(batch *writeBatch) (ended bool) {
	batch.reset()
	s.mu.Lock()
	defer s.mu.Unlock()
	batch.messages = s.queue.take(batch.messages, batchBytes)
	s.tellRoomLocked()
	for _, m := range batch.messages {
		batch.frames = m.appendWire(batch.frames)
	}
	if len(batch.messages) == 0 && !s.ended {
		s.writing = false
	}
	return s.ended
}

func (b *writeBatch) reset() {
	clear(b.messages)
	clear(b.frames)
	b.messages, b.frames = b.messages[:0], b.frames[:0]
}

func (b *writeBatch) size() int {
	n := 0
	for _, m := range b.messages {
		n += m.size
	}
	return n
}

func (s *Session) stopWriting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writing = false
	if s.written != nil {
		close(s.written)
		s.written = nil
	}
}

// awaitWriter waits until the last writer of an ended session has stopped.
func (s *Session) awaitWriter() {
	s.mu.Lock()
	if !s.writing {
		s.mu.Unlock()
		return
	}
	if s.written == nil {
		s.written = make(chan struct{})
	}
	wait := s.written
	s.mu.Unlock()
	<-wait
}
