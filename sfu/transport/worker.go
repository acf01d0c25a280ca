package transport

import (
	"errors"
	"net"
	"time"

	"github.com/pion/stun/v3"
)

// worker reads one of the listener's sockets and carries what it reads all the way: it finds the client, decrypts, calls
// the client's Handler, and sends what the handlers gave it to send.
type worker struct {
	l      *Listener
	socket *socket
	batch  *Batch

	// owned by the reading goroutine
	request, response *stun.Message
	now               time.Time
	idles             func() // beforeWaiting, made once
}

func newWorker(l *Listener, s *socket) *worker {
	w := &worker{l: l, socket: s, batch: newBatch(s, &l.counters), request: stun.New(), response: stun.New()}
	w.idles = w.beforeWaiting
	return w
}

// run reads until the socket is interrupted.
func (w *worker) run() error {
	defer w.batch.startHelper()()
	for {
		datagrams, err := w.socket.read(w.idles)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		w.now = time.Now()
		w.batch.begin(w.now)
		w.receiveAll(datagrams)
	}
}

func (w *worker) beforeWaiting() {
	w.batch.flush()
	w.l.readControl(time.Now())
}

func (w *worker) receiveAll(datagrams []datagram) {
	bytes := 0
	for i := range datagrams {
		bytes += len(datagrams[i].data)
		w.receive(&datagrams[i])
	}
	w.l.counters.packetsIn.Add(uint64(len(datagrams)))
	w.l.counters.bytesIn.Add(uint64(bytes))
}
