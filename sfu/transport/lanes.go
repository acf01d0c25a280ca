package transport

import "time"

// lanes are workers that read nothing: each is lent to one goroutine at a time that has received something along a link.
// As many as there are readers are enough, since who has one does not wait for anything.
type lanes struct {
	free chan *worker
	stop chan struct{}
}

func (s *lanes) init() { s.stop = make(chan struct{}) }

func (s *lanes) open(l *Listener) {
	s.free = make(chan *worker, len(l.workers))
	for _, w := range l.workers {
		s.free <- newWorker(l, w.socket)
	}
}

// take returns a lane, or nil when the listener does not run.
func (s *lanes) take() *worker {
	select {
	case <-s.stop:
		return nil
	default:
	}
	select {
	case w := <-s.free:
		w.now = time.Now()
		w.batch.begin(w.now)
		return w
	case <-s.stop:
		return nil
	}
}

// put gives a lane back and sends what was queued meanwhile.
func (s *lanes) put(w *worker) {
	w.batch.flush()
	s.free <- w
}

// close waits until no lane is in use, and lends none after.
func (s *lanes) close() {
	close(s.stop)
	for range cap(s.free) {
		<-s.free
	}
}
