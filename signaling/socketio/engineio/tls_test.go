package engineio

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// wrapped is the response writer of a middleware, which hides all but what every one has.
type wrapped struct{ http.ResponseWriter }

func (w wrapped) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// TestOverTLS sends small and large messages over a connection that cannot take many buffers at once.
func TestOverTLS(t *testing.T) {
	var session *Session
	closed := make(chan Reason, 1)
	server, err := New(Config{}, func(s *Session, _ *http.Request) Receiver {
		session = s
		return receiver{closed}
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server.ServeHTTP(wrapped{w}, r)
	}))
	defer web.Close()
	dialer := websocket.Dialer{TLSClientConfig: web.Client().Transport.(*http.Transport).TLSClientConfig}
	conn, _, err := dialer.Dial("wss"+strings.TrimPrefix(web.URL, "https")+"/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &wsClient{t, conn}
	defer func() { _ = c.Close() }()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	parseHandshake(t, c.read())

	sizes := []int{1, 2, 100, 16_000, 5, 20_000, 3, 40_000, 7}
	for i, n := range sizes {
		if err := session.Send(NewText(fmt.Sprint(i, strings.Repeat("x", n))), Durable, ""); err != nil {
			t.Fatal(err)
		}
	}
	for i, n := range sizes {
		c.want("4" + fmt.Sprint(i, strings.Repeat("x", n)))
	}
	_ = conn.NetConn().Close()
	if r := <-closed; r != TransportClose && r != TransportError {
		t.Errorf("closed for %q", r)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := server.Close(ctx); err != nil {
		t.Error(err)
	}
}

type receiver struct{ closed chan Reason }

func (receiver) Message([]byte, bool) error { return nil }
func (r receiver) Closed(reason Reason)     { r.closed <- reason }

func TestReasons(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Reasons() {
		if seen[r.String()] || r.String() == "" {
			t.Errorf("reason %d is %q", r, r)
		}
		seen[r.String()] = true
	}
	if (Reason(200)).String() != "unknown" || new(Stats).Closed(200) != 0 {
		t.Error("a reason that does not exist")
	}
}
