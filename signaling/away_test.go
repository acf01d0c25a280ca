package signaling_test

import (
	"fmt"
	"testing"

	"github.com/digierapro/parley/chat"
)

// Changes are kept for seven days. A client that was away for longer is told to start anew, and never gets a part of what it
// missed; one that has seen the last of what is gone gets all the rest.
func TestAClientThatWasAwayForAYearStartsAnew(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	const old, fresh = 6, 3
	for n := range old {
		send(alice, general, fmt.Sprint("old ", n), fmt.Sprint("o", n))
	}
	first := request[chat.SyncAnswer](alice, "sync", map[string]any{"epoch": alice.ready.Epoch, "channels": map[string]int64{}})
	gone := first.Added[0].EventSeq
	e.exec(`UPDATE channel_events SET created_at = now() - interval '8 days'`)
	for n := range fresh {
		send(alice, general, fmt.Sprint("fresh ", n), fmt.Sprint("f", n))
	}
	must(t, e.db.Pruning().Work(t.Context(), nil))

	since := func(eventSeq int64) chat.ChannelSync {
		return request[chat.SyncAnswer](alice, "sync", map[string]any{"epoch": alice.ready.Epoch, "channels": map[string]int64{general: eventSeq}}).Channels[general]
	}
	for eventSeq := range gone {
		if got := since(eventSeq); got.Status != chat.SyncReset || got.EventSeq != gone+fresh || len(got.Events) != 0 {
			t.Errorf("since %d: %+v", eventSeq, got)
		}
	}
	if got := since(gone); got.Status != chat.SyncEvents || len(got.Events) != fresh || got.EventSeq != gone+fresh {
		t.Errorf("since the last that is gone: %+v", got)
	}
	_, page, _ := rest[chat.Page](e, alice.who, "GET", "/api/communications?channelId="+general, nil)
	if page.EventSeq != gone+fresh || len(page.Messages) != old+fresh {
		t.Errorf("what it starts anew with: %d messages as of %d", len(page.Messages), page.EventSeq)
	}
}
