package turn

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// stream is one TCP or TLS connection of a client, on which messages follow each other: RFC 8656 section 3.1. It closes
// when its client has no allocation for half a minute.
type stream struct {
	server *Server
	conn   net.Conn
	client netip.AddrPort
	queue  chan *buffer // to the client
	link   atomic.Pointer[Link]

	mu     sync.Mutex
	closed bool // guarded by mu
}

const (
	streamQueue  = 256
	streamBuffer = 8 << 10 // the largest message, and then some
	streamWrites = 16 << 10
	idleTime     = 30 * time.Second // of a stream without allocation
	writeTime    = 10 * time.Second // for a client to take what was written
)

var errSlow = errors.New("the client does not read")

// ServeStreams serves what l accepts until ctx ends or l fails, and closes it.
func (s *Server) ServeStreams(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	select {
	case <-s.ready: // on a stream nobody asks again
	case <-ctx.Done():
		return nil
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // such as too many open files: it passes
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
		default:
			wg.Go(func() { s.ServeStream(ctx, conn) })
		}
	}
}

// ServeStream serves one connection until it ends, or ctx does, and closes it.
func (s *Server) ServeStream(ctx context.Context, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	client := addrPort(conn.RemoteAddr())
	st := &stream{server: s, conn: conn, client: client, queue: make(chan *buffer, streamQueue)}
	if !client.IsValid() || !s.streams.add(st, s.cfg.Streams, s.cfg.AddressStreams) {
		s.counters.drop(dropStreams)
		return
	}
	defer s.streams.remove(st)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() { st.writeAll(done) })
	_ = conn.SetReadDeadline(time.Now().Add(idleTime))
	st.readAll()
	st.shut()
	close(done)
	_ = conn.Close()
	writer.Wait()
}

// readAll hands every message to the gate. A stream that loses its framing cannot be read on.
func (st *stream) readAll() {
	in := bufio.NewReaderSize(st.conn, streamBuffer)
	from := source{via: st.server.media, client: st.client, stream: st}
	for {
		head, err := in.Peek(4)
		if err != nil {
			return
		}
		length, padded, ok := frame(head)
		if !ok {
			st.server.counters.drop(dropMalformed)
			return
		}
		message, err := in.Peek(padded)
		if err != nil {
			return
		}
		st.server.handle(from, message[:length])
		_, _ = in.Discard(padded) // it is in the buffer
	}
}

// frame tells how long the message is that begins with head, and how long with its padding.
func frame(head []byte) (length, padded int, ok bool) {
	n := int(binary.BigEndian.Uint16(head[2:]))
	if isChannelData(head) {
		length = 4 + n
		padded = (length + 3) &^ 3
		return length, padded, padded <= streamBuffer
	}
	length = headerLength + n
	return length, length, head[0] < 4 && n%4 == 0 && length <= maxMessage
}

// send queues a message, or drops it when the client reads too slowly: the media does not wait.
func (st *stream) send(message []byte) error {
	buf := buffers.Get().(*buffer)
	buf.b = append(buf.b[:0], message...)
	select {
	case st.queue <- buf:
		return nil
	default:
		buffers.Put(buf)
		st.server.counters.drop(dropSlow)
		return errSlow
	}
}

// writeAll writes what is queued, as much at once as there is, until done.
func (st *stream) writeAll(done <-chan struct{}) {
	out := make([]byte, 0, streamWrites)
	for {
		select {
		case buf := <-st.queue:
			out = take(out[:0], buf)
		case <-done:
			return
		}
		out = st.gather(out)
		_ = st.conn.SetWriteDeadline(time.Now().Add(writeTime))
		if _, err := st.conn.Write(out); err != nil {
			_ = st.conn.Close() // readAll ends, and then we
			<-done
			return
		}
	}
}

// gather adds what is queued already and fits.
func (st *stream) gather(out []byte) []byte {
	for len(out) < streamWrites-maxMessage {
		select {
		case buf := <-st.queue:
			out = take(out, buf)
		default:
			return out
		}
	}
	return out
}

func take(out []byte, buf *buffer) []byte {
	out = append(out, buf.b...)
	buffers.Put(buf)
	return out
}

// hold ties an allocation to the stream; false: the stream is gone.
func (st *stream) hold(link *Link) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return false
	}
	st.link.Store(link)
	_ = st.conn.SetReadDeadline(time.Time{})
	return true
}

// released says that the allocation has ended; the client may make another.
func (st *stream) released(link *Link) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.link.CompareAndSwap(link, nil) {
		_ = st.conn.SetReadDeadline(time.Now().Add(idleTime))
	}
}

// shut ends the allocation with the stream.
func (st *stream) shut() {
	st.mu.Lock()
	st.closed = true
	st.mu.Unlock()
	if link := st.link.Load(); link != nil {
		link.end()
	}
}

// streamTable holds the streams there are.
type streamTable struct {
	mu        sync.Mutex
	byClient  map[netip.AddrPort]*stream // guarded by mu
	byAddress map[netip.Addr]int         // guarded by mu
}

func (t *streamTable) init() {
	t.byClient, t.byAddress = make(map[netip.AddrPort]*stream), make(map[netip.Addr]int)
}

func (t *streamTable) add(st *stream, most, mostOfAddress int) bool {
	address := network(st.client.Addr())
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.byClient) >= most || t.byAddress[address] >= mostOfAddress || t.byClient[st.client] != nil {
		return false
	}
	t.byClient[st.client] = st
	t.byAddress[address]++
	return true
}

func (t *streamTable) remove(st *stream) {
	address := network(st.client.Addr())
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byClient, st.client)
	if t.byAddress[address]--; t.byAddress[address] == 0 {
		delete(t.byAddress, address)
	}
}

func (t *streamTable) find(client netip.AddrPort) *stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byClient[client]
}

func (t *streamTable) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byClient)
}

func (t *streamTable) closeAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, st := range t.byClient {
		_ = st.conn.Close()
	}
}
