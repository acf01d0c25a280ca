// Package sioclient is a small Socket.IO client over WebSocket, for tests and load generators: it connects, sends
// requests and waits for their acks, and hands over what the server pushes.
package sioclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
)

// Push is an event from the server.
type Push struct {
	Name string
	Data json.RawMessage // its first argument
}

// Error is an ack that says what went wrong.
type Error struct {
	Code    string          `json:"code"`
	Message string          `json:"error"`
	Details json.RawMessage `json:"details"`
	RetryMs int64           `json:"retryAfterMs"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ConnectError is the server's refusal of a connection.
type ConnectError struct {
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (e *ConnectError) Error() string { return "connection refused: " + e.Message }

// ErrClosed: the connection is gone.
var ErrClosed = errors.New("the socket is closed")

// Options of Dial. OnPush is called from the reading goroutine and must not wait for an ack.
type Options struct {
	Token  string
	Header http.Header
	OnPush func(Push)
}

// Client is one connected socket. Its methods are safe for concurrent use.
type Client struct {
	conn   *websocket.Conn
	onPush func(Push)
	done   chan struct{}

	write sync.Mutex

	mu      sync.Mutex
	next    int
	waiting map[int]chan json.RawMessage // by ack id; nil once closed
}

// Dial connects to the server at url (http or https, with the Socket.IO path) and to its default namespace.
func Dial(ctx context.Context, url string, o Options) (*Client, error) {
	target := "ws" + strings.TrimPrefix(strings.TrimSuffix(url, "/"), "http") + "/?EIO=4&transport=websocket"
	conn, response, err := websocket.DefaultDialer.DialContext(ctx, target, o.Header)
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("dial: %w (%s)", err, response.Status)
		}
		return nil, fmt.Errorf("dial: %w", err)
	}
	c := &Client{conn: conn, onPush: o.OnPush, done: make(chan struct{}), waiting: make(map[int]chan json.RawMessage)}
	if err := c.handshake(o.Token); err != nil {
		_ = conn.Close()
		return nil, err
	}
	go c.read()
	return c, nil
}

func (c *Client) handshake(token string) error {
	if _, _, err := c.conn.ReadMessage(); err != nil { // 0{...}
		return fmt.Errorf("open: %w", err)
	}
	auth, err := json.Marshal(map[string]string{"token": token})
	if err != nil {
		return err
	}
	if err := c.send(append([]byte("40"), auth...)); err != nil {
		return err
	}
	for {
		_, message, err := c.conn.ReadMessage()
		switch {
		case err != nil:
			return fmt.Errorf("connect: %w", err)
		case bytes.HasPrefix(message, []byte("40")):
			return nil
		case bytes.HasPrefix(message, []byte("44")):
			refusal := &ConnectError{}
			if err := json.Unmarshal(message[2:], refusal); err != nil {
				return fmt.Errorf("connect: %w", err)
			}
			return refusal
		case len(message) > 0 && message[0] == '2':
			if err := c.send([]byte("3")); err != nil {
				return err
			}
		}
	}
}

func (c *Client) send(message []byte) error {
	c.write.Lock()
	defer c.write.Unlock()
	return c.conn.WriteMessage(websocket.TextMessage, message)
}

func (c *Client) read() {
	defer c.closed()
	for {
		_, message, err := c.conn.ReadMessage()
		if err != nil || !c.handle(message) {
			return
		}
	}
}

// handle reports whether the connection goes on.
func (c *Client) handle(message []byte) bool {
	switch {
	case len(message) == 0:
	case message[0] == '2':
		return c.send([]byte("3")) == nil
	case message[0] == '1', bytes.HasPrefix(message, []byte("41")):
		return false
	case bytes.HasPrefix(message, []byte("42")):
		c.pushed(message[2:])
	case bytes.HasPrefix(message, []byte("43")):
		c.acked(message[2:])
	}
	return true
}

func (c *Client) pushed(payload []byte) {
	var args []json.RawMessage
	var name string
	if json.Unmarshal(payload, &args) != nil || len(args) == 0 || json.Unmarshal(args[0], &name) != nil || c.onPush == nil {
		return
	}
	push := Push{Name: name}
	if len(args) > 1 {
		push.Data = args[1]
	}
	c.onPush(push)
}

func (c *Client) acked(payload []byte) {
	start := bytes.IndexByte(payload, '[')
	if start < 0 {
		return
	}
	ackID, err := strconv.Atoi(string(payload[:start]))
	if err != nil {
		return
	}
	var args []json.RawMessage
	if json.Unmarshal(payload[start:], &args) != nil || len(args) == 0 {
		return
	}
	c.mu.Lock()
	answer := c.waiting[ackID]
	delete(c.waiting, ackID)
	c.mu.Unlock()
	if answer != nil {
		answer <- args[0]
	}
}

func (c *Client) closed() {
	_ = c.conn.Close()
	c.mu.Lock()
	c.waiting = nil
	c.mu.Unlock()
	close(c.done)
}

// Request sends an event and decodes its ack into answer, which may be nil. An ack with an error is an *Error.
func (c *Client) Request(ctx context.Context, name string, arg, answer any) error {
	payload, err := json.Marshal([]any{name, arg})
	if err != nil {
		return err
	}
	ackID, ack, err := c.expect()
	if err != nil {
		return err
	}
	if err := c.send(fmt.Appendf(nil, "42%d%s", ackID, payload)); err != nil {
		return err
	}
	select {
	case raw := <-ack:
		failure := &Error{}
		if json.Unmarshal(raw, failure) == nil && failure.Code != "" {
			return failure
		}
		if answer == nil {
			return nil
		}
		return json.Unmarshal(raw, answer)
	case <-c.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) expect() (int, chan json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		return 0, nil, ErrClosed
	}
	c.next++
	ack := make(chan json.RawMessage, 1)
	c.waiting[c.next] = ack
	return c.next, ack, nil
}

// Done is closed when the connection is gone.
func (c *Client) Done() <-chan struct{} { return c.done }

// Close ends the connection and waits until it is gone.
func (c *Client) Close() {
	_ = c.send([]byte("41"))
	_ = c.conn.Close()
	<-c.done
}
