package signaling_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/sfu/transport"
)

// Two nodes share a database and nothing else: what one commits, the other one's clients are told within five seconds, in
// order and once.
func TestWhatAnotherNodeCommitsIsTold(t *testing.T) {
	first := newEdge(t)
	second := newEdgeOn(t, first.dbURL, transport.Timeouts{})
	alice, bob := first.connect(insider("alice")), second.connect(insider("bob"))
	general := first.general(alice.who)
	if dm := first.dm(alice.who, "bob"); dm == general {
		t.Fatal("a DM is the general channel")
	}
	send(bob, general, "here", "b1") // what is told by one's own node is not told again
	expect[chat.NewMessage](bob, "newMessage", nil)

	const messages = 5
	began := time.Now()
	for n := range messages {
		send(alice, general, fmt.Sprint("message ", n), fmt.Sprint("a", n))
	}
	for n := range messages {
		push := expect[chat.NewMessage](bob, "newMessage", nil)
		if push.Message.Body != fmt.Sprint("message ", n) || push.EventSeq != push.Message.Seq+2 { // the two came in before
			t.Errorf("message %d: %+v", n, push)
		}
	}
	if took := time.Since(began); took > 5*time.Second+time.Second {
		t.Errorf("it took %v", took) // a second for a busy machine
	}
	if n := second.server.Stats().Missed.Load(); n != messages {
		t.Errorf("%d changes were found instead of %d", n, messages)
	}
	if n := bob.inbox.Count("newMessage"); n != 0 {
		t.Errorf("%d more messages were told", n)
	}
}

// Whoever is removed on one node hears no more on another, and is told so.
func TestWhoIsRemovedOnAnotherNodeHearsNoMore(t *testing.T) {
	first := newEdge(t)
	second := newEdgeOn(t, first.dbURL, transport.Timeouts{})
	second.connect(insider("bob")).Close()
	alice := first.connect(insider("alice"))
	ch := alice.makes(map[string]any{"name": "Two nodes", "memberIds": []string{"bob"}})
	bob := second.connect(insider("bob")) // hears it from now on
	topics := second.server.Topics()
	request[struct{}](alice, "removeMember", map[string]any{"channelId": ch.ID, "userId": "bob"})
	expect(bob, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == ch.ID })
	if now := second.server.Topics(); now != topics-1 {
		t.Errorf("%d topics are heard after %d", now, topics)
	}
}

// More than can be told at once: the last change alone, by which clients see that they have to sync.
func TestALongGapIsToldByItsEnd(t *testing.T) {
	first := newEdge(t)
	second := newEdgeOn(t, first.dbURL, transport.Timeouts{})
	alice, bob := first.connect(insider("alice")), second.connect(insider("bob"))
	general := first.general(alice.who)
	answer := request[chat.SyncAnswer](bob, "sync", map[string]any{"epoch": bob.ready.Epoch, "channels": map[string]int64{}})
	if len(answer.Added) != 1 {
		t.Fatalf("%+v", answer)
	}
	lastSeq := fill(t, first, general, 1500)
	push := expect[chat.NewMessage](bob, "newMessage", nil)
	if push.EventSeq != lastSeq {
		t.Errorf("told of %d, not of the last, %d", push.EventSeq, lastSeq)
	}
	synced := request[chat.SyncAnswer](bob, "sync", map[string]any{"epoch": bob.ready.Epoch, "channels": map[string]int64{general: answer.Added[0].EventSeq}})
	if synced.Channels[general].Status != chat.SyncReset {
		t.Errorf("%+v", synced.Channels[general])
	}
}

// fill writes messages that nobody is told of, and returns the last one's number.
func fill(t *testing.T, e *edge, channelID string, messages int) (last int64) {
	t.Helper()
	e.exec(`WITH n AS (UPDATE channels SET last_seq = last_seq + $2, last_event_seq = last_event_seq + $2 WHERE id = $1
			RETURNING last_seq - $2 AS seq, last_event_seq - $2 AS event_seq), i AS (SELECT generate_series(1, $2) AS i),
		m AS (INSERT INTO messages (id, channel_id, seq, sender_id, sender_model, client_id, body, message_type, created_at)
			SELECT 'fill' || i, $1, seq + i, 'alice', 'User', 'fill' || i, 'x', 'text', now() FROM n, i)
		INSERT INTO channel_events (channel_id, event_seq, kind, message_id, created_at)
		SELECT $1, event_seq + i, 'newMessage', 'fill' || i, now() FROM n, i`, channelID, messages)
	seqs, err := e.db.Chat().Positions(t.Context(), []string{channelID})
	must(t, err)
	return seqs[channelID]
}
