package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// dialers is how many clients connect at the same time.
const dialers = 64

// crowd is many clients that answer pings and do nothing else. They speak just enough of the protocol by themselves, so
// that they are cheap.
type crowd struct {
	addr  string
	pings atomic.Int64

	mu      sync.Mutex
	conns   []net.Conn
	running sync.WaitGroup
}

func newCrowd(addr string) *crowd { return &crowd{addr: addr} }

func (c *crowd) connect(ctx context.Context, n int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range min(dialers, n) {
		workers.Go(func() {
			for i := range numbers {
				if err := c.connectOne(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
	return context.Cause(ctx)
}

// connectOne does what a browser's client does, down to the size of its headers.
func (c *crowd) connectOne(ctx context.Context, i int) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.conns = append(c.conns, conn)
	c.mu.Unlock()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	request := "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: " + c.addr +
		"\r\nConnection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache" +
		"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36" +
		"\r\nUpgrade: websocket\r\nOrigin: http://" + c.addr + "\r\nSec-WebSocket-Version: 13" +
		"\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9" +
		"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, 1024)
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("client %d: %s", i, resp.Status)
	}
	if err := expect(r, "0{"); err != nil {
		return err
	}
	if err := writeText(conn, fmt.Sprintf(`40{"token":"user-%d"}`, i)); err != nil {
		return err
	}
	if err := expect(r, "40{"); err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	c.running.Go(func() { c.answerPings(conn, r) })
	return nil
}

func (c *crowd) answerPings(conn net.Conn, r *bufio.Reader) {
	for {
		text, err := readText(r)
		if err != nil {
			return // close closes the connection
		}
		if text != "2" {
			continue
		}
		c.pings.Add(1)
		if err := writeText(conn, "3"); err != nil {
			return
		}
	}
}

func (c *crowd) close() {
	c.mu.Lock()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.mu.Unlock()
	c.running.Wait()
}

func expect(r *bufio.Reader, prefix string) error {
	text, err := readText(r)
	if err == nil && !strings.HasPrefix(text, prefix) {
		err = fmt.Errorf("got %q, expected %q", text, prefix)
	}
	return err
}

// readText reads one unmasked frame of at most 64 KiB.
func readText(r *bufio.Reader) (string, error) {
	head, err := r.Peek(2)
	if err != nil {
		return "", err
	}
	size, length := int(head[1]), 2
	if size == 126 {
		if head, err = r.Peek(4); err != nil {
			return "", err
		}
		size, length = int(head[2])<<8|int(head[3]), 4
	}
	if head[0] != 0x81 || size > 0xffff || head[1] == 127 {
		return "", errors.New("not a text frame that a server would send here")
	}
	if _, err := r.Discard(length); err != nil {
		return "", err
	}
	text := make([]byte, size)
	for n := 0; n < size; {
		m, err := r.Read(text[n:])
		if err != nil {
			return "", err
		}
		n += m
	}
	return string(text), nil
}

// writeText writes one frame with the masking key 0, which leaves the text as it is.
func writeText(conn net.Conn, text string) error {
	if len(text) > 125 {
		return errors.New("text too long for a short frame")
	}
	frame := append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
	_, err := conn.Write(frame)
	return err
}
