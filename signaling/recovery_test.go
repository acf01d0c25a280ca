package signaling_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/signaling"
)

// plainSocket is a Socket.IO client that does recovery as the reference client does, and nothing else.
type plainSocket struct {
	t           *testing.T
	conn        *websocket.Conn
	pid, offset string
}

var lastArgument = regexp.MustCompile(`"([0-9a-z]+)"\]$`)

// dialPlain connects, with what is known of an earlier connection, and returns what came before the connect packet.
func dialPlain(e *edge, who auth.Identity, earlier *plainSocket) (p *plainSocket, missed []string) {
	e.t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(e.t.Context(), "ws"+strings.TrimPrefix(e.url, "http")+signaling.SocketPath+"/?EIO=4&transport=websocket", nil)
	must(e.t, err)
	e.t.Cleanup(func() { _ = conn.Close() })
	p = &plainSocket{t: e.t, conn: conn}
	payload := map[string]string{"token": e.token(who, time.Hour)}
	if earlier != nil {
		payload["pid"], payload["offset"] = earlier.pid, earlier.offset
	}
	connect, err := json.Marshal(payload)
	must(e.t, err)
	must(e.t, conn.WriteMessage(websocket.TextMessage, append([]byte("40"), connect...)))
	for {
		switch packet := p.read(); {
		case strings.HasPrefix(packet, "42"):
			missed = append(missed, packet)
		case strings.HasPrefix(packet, "40"):
			var answer struct{ PID string }
			must(e.t, json.Unmarshal([]byte(packet[2:]), &answer))
			p.pid = answer.PID
			return p, missed
		}
	}
}

func (p *plainSocket) read() string {
	p.t.Helper()
	must(p.t, p.conn.SetReadDeadline(time.Now().Add(15*time.Second)))
	_, packet, err := p.conn.ReadMessage()
	must(p.t, err)
	if match := lastArgument.FindSubmatch(packet); match != nil && strings.HasPrefix(string(packet), "42") {
		p.offset = string(match[1])
	}
	return string(packet)
}

func (p *plainSocket) await(text string) {
	p.t.Helper()
	for !strings.Contains(p.read(), text) {
	}
}

// A client that is told that it has recovered has missed nothing: what was sent while it was away comes first.
func TestARecoveredConnectionHasMissedNothing(t *testing.T) {
	e := newEdge(t)
	bob := e.connect(insider("bob"))
	general := e.general(bob.who)
	alice, _ := dialPlain(e, insider("alice"), nil)
	alice.await(`"ready"`)
	for _, text := range []string{"first", "second"} { // lost and found, twice
		send(bob, general, "before the "+text, "before-"+text)
		alice.await("before the " + text)
		sockets := e.server.Sockets()
		must(t, alice.conn.Close())
		for e.server.Sockets() == sockets {
			time.Sleep(time.Millisecond)
		}
		send(bob, general, "in the "+text, "in-"+text)

		back, missed := dialPlain(e, insider("alice"), alice)
		if back.pid != alice.pid || len(missed) != 1 || !strings.Contains(missed[0], "in the "+text) {
			t.Fatalf("recovered %v, missed %q", back.pid == alice.pid, missed)
		}
		back.offset = lastArgument.FindStringSubmatch(missed[0])[1]
		alice = back
		alice.await(`"ready"`) // or it is among what is missed next
	}
	send(bob, general, "after it", "after")
	alice.await("after it")

	if n := e.server.Topics(); n != 4 {
		t.Errorf("%d topics are heard: two users, a channel and people are", n)
	}
	must(t, alice.conn.WriteMessage(websocket.TextMessage, []byte("41"))) // goodbye: nobody comes back
	for deadline := time.Now().Add(15 * time.Second); e.server.Topics() > 3; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d topics are heard, one of them for nobody", e.server.Topics())
		}
	}
}

// What was sent to a user with other rights is nobody's business who has fewer now.
func TestRecoveryNeedsTheSameRights(t *testing.T) {
	e := newEdge(t)
	alice := lostBefore(e, "among ourselves")
	if back, missed := dialPlain(e, outsider("alice"), alice); back.pid == alice.pid || len(missed) > 0 {
		t.Fatalf("recovered %v, missed %q", back.pid == alice.pid, missed)
	}
}

// lostBefore is alice, who works here and whose connection was lost before this was written in the general channel.
func lostBefore(e *edge, text string) *plainSocket {
	bob := e.connect(insider("bob"))
	general := e.general(bob.who)
	alice, _ := dialPlain(e, insider("alice"), nil)
	alice.await(`"ready"`)
	sockets := e.server.Sockets()
	must(e.t, alice.conn.Close())
	for e.server.Sockets() == sockets {
		time.Sleep(time.Millisecond)
	}
	send(bob, general, text, "c1")
	return alice
}
