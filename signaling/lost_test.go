package signaling_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
)

// Redis is killed and comes back while messages are sent on both nodes: whoever is connected is told every message that was
// acknowledged, once; those of one's own node as if nothing had happened.
func TestRedisDiesWhileMessagesAreSent(t *testing.T) {
	n := newNodes(t)
	alice, bob, carol := n.first.connect(insider("alice")), n.second.connect(insider("bob")), n.first.connect(insider("carol"))
	general := n.first.general(alice.who)
	const each = 300
	var sending sync.WaitGroup
	slowest := make([]time.Duration, 2)
	for i, d := range []*device{alice, bob} {
		sending.Go(func() {
			for k := range each {
				began := time.Now()
				if err := d.Request(within(t), "sendMessage", map[string]any{
					"channelId": general, "message": fmt.Sprint(d.who.UserID, k), "clientId": fmt.Sprint(d.who.UserID, k),
				}, nil); err != nil {
					t.Error(err)
					return
				}
				slowest[i] = max(slowest[i], time.Since(began))
			}
		})
	}
	heard := map[string]bool{}
	for alices := 0; alices < each; { // on her own node, whatever Redis does
		if !carol.hearsAnother(heard).from(alice) {
			continue
		}
		switch alices++; alices {
		case each / 3:
			n.redis.Kill()
		case 2 * each / 3:
			n.heard(false)
			n.redis.Start()
		}
	}
	sending.Wait()
	for _, d := range []*device{carol, alice, bob} {
		for len(heard) < 2*each {
			d.hearsAnother(heard)
		}
		heard = map[string]bool{}
	}
	n.heard(true)
	for _, d := range []*device{alice, bob, carol} {
		if twice := d.inbox.Count("newMessage"); twice != 0 {
			t.Errorf("%s: %d messages were told twice", d.who.UserID, twice)
		}
	}
	for i, took := range slowest {
		if took > 2*time.Second {
			t.Errorf("a message of %d took %v", i, took)
		}
	}
	if n.first.server.Stats().Missed.Load()+n.second.server.Stats().Missed.Load() == 0 {
		t.Error("nothing was lost, and so nothing was tested")
	}
}

// another is the text of a message, which begins with its sender.
type another string

func (a another) from(d *device) bool { return strings.HasPrefix(string(a), d.who.UserID) }

// hearsAnother takes the next message, which must be new.
func (d *device) hearsAnother(heard map[string]bool) another {
	d.edge.t.Helper()
	body := expect[chat.NewMessage](d, "newMessage", nil).Message.Body
	if heard[body] {
		d.edge.t.Errorf("%s was told %q twice", d.who.UserID, body)
	}
	heard[body] = true
	return another(body)
}

// While Redis is away, the other node finds within a second or so what ends something, and who belongs where when it is
// back at the latest.
func TestEndsAreFoundWithoutRedis(t *testing.T) {
	n := newNodes(t)
	n.second.connect(insider("bob")).Close()
	alice, dave, bob := n.first.connect(insider("alice")), n.second.connect(insider("dave")), n.second.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Before", "memberIds": []string{"bob"}})
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	n.redis.Kill()
	n.heard(false)
	if status := n.second.health(); status != "DEGRADED" {
		t.Errorf("health is %s", status)
	}
	began := time.Now()
	request[any](alice, "removeMember", map[string]any{"channelId": ch.ID, "userId": "bob"})
	expect(bob, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == ch.ID })
	send(alice, n.first.general(alice.who), "found by its number", "a1")
	expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "found by its number" })
	if status, _, code := rest[any](n.first, crm, "DELETE", "/api/directory/users/dave", nil); status != http.StatusOK {
		t.Fatalf("%d %s", status, code)
	}
	expect(dave, "sessionEnded", func(s struct{ Code string }) bool { return s.Code == "user_deactivated" })
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	added := alice.makes(map[string]any{"name": "Meanwhile", "memberIds": []string{"bob"}})
	n.redis.Start()
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == added.ID && a.Channel.Name == "Meanwhile" })
	n.heard(true)
	expect[any](bob, "eventsLost", nil) // by which his devices learn of what has no number
	send(alice, added.ID, "heard", "a2")
	expect(bob, "newMessage", func(m chat.NewMessage) bool { return m.Message.Body == "heard" })
	if status := n.second.health(); status != "UP" {
		t.Errorf("health is %s", status)
	}
}

// What somebody has left by themselves stays left, whatever is compared.
func TestWhatWasLeftStaysLeft(t *testing.T) {
	n := newNodes(t)
	alice, bob := n.first.connect(insider("alice")), n.second.connect(insider("bob"))
	general := n.first.general(alice.who)
	request[any](bob, "leaveChannel", general)
	topics := n.second.server.Topics()
	ch := alice.makes(map[string]any{"name": "A sign", "memberIds": []string{"bob"}})
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	n.redis.Kill()
	n.heard(false)
	n.redis.Start()
	n.heard(true)
	last := alice.makes(map[string]any{"name": "After", "memberIds": []string{"bob"}})
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == last.ID })
	must(t, n.second.server.Compare(t.Context()))
	if now := n.second.server.Topics(); now != topics+2 || bob.inbox.Count("channelAdded") != 0 {
		t.Errorf("%d topics are heard after %d, and %d more channels told", now, topics, bob.inbox.Count("channelAdded"))
	}
}

func (e *edge) health() string {
	e.t.Helper()
	response, err := http.Get(e.url + "/api/health")
	must(e.t, err)
	defer response.Body.Close()
	var answer struct{ Status string }
	must(e.t, json.NewDecoder(response.Body).Decode(&answer))
	return answer.Status
}
