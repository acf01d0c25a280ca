package postgres_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

func changesOf(t *testing.T, s *postgres.ChatStore, cursors map[string]int64, limit int) map[string][]chat.Change {
	t.Helper()
	changes, err := s.Changes(t.Context(), cursors, limit, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func TestChangesAreThePushesThatWereMissed(t *testing.T) {
	s, general := newChat(t)
	dm, _, err := s.OpenDM(t.Context(), id.New(), "alice", "bob")
	if err != nil {
		t.Fatal(err)
	}
	var want []chat.Message
	for i := range 5 {
		want = append(want, mustAppend(t, s, draft(general, alice, fmt.Sprint(i))))
	}
	got := changesOf(t, s, map[string]int64{general: joins + 2, dm.ID: 0, "nowhere": 0}, 100)
	if len(got) != 2 || got[dm.ID] == nil || len(got[dm.ID]) != 0 || len(got[general]) != 3 {
		t.Fatalf("%+v", got)
	}
	for i, c := range got[general] {
		var push chat.NewMessage
		if err := json.Unmarshal(c.Data, &push); err != nil {
			t.Fatal(err)
		}
		if c.Event != "newMessage" || c.EventSeq != int64(joins+3+i) || push.EventSeq != c.EventSeq || push.ChannelID != general || !reflect.DeepEqual(push.Message, want[2+i]) {
			t.Errorf("change %d: %s, eventSeq %d: %+v", i, c.Event, c.EventSeq, push)
		}
	}
	if got := changesOf(t, s, map[string]int64{general: joins + 6}, 100); len(got) != 0 {
		t.Errorf("a cursor from the future: %+v", got)
	}
	if got := changesOf(t, s, map[string]int64{general: -1}, 100); len(got) != 0 {
		t.Errorf("a cursor below all: %+v", got)
	}
	if got := changesOf(t, s, nil, 100); got == nil || len(got) != 0 {
		t.Errorf("no cursors: %+v", got)
	}
}

// A channel is told of in full or not at all.
func TestChangesWithinALimit(t *testing.T) {
	s, general := newChat(t)
	dm, _, err := s.OpenDM(t.Context(), id.New(), "alice", "bob")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		mustAppend(t, s, draft(general, alice, "x"))
	}
	for range 3 {
		mustAppend(t, s, draft(dm.ID, bob, "x"))
	}
	cursors := map[string]int64{general: joins, dm.ID: 0}
	for limit, want := range map[int][]int{1: {}, 2: {}, 3: {3}, 7: {3}, 8: {3, 5}, 100: {3, 5}} {
		counts := []int{}
		for _, list := range changesOf(t, s, cursors, limit) {
			counts = append(counts, len(list))
		}
		slices.Sort(counts)
		if !slices.Equal(counts, want) {
			t.Errorf("limit %d: %v, want %v", limit, counts, want)
		}
	}
	seqs, err := s.EventSeqs(t.Context(), "bob", true)
	if want := map[string]int64{general: joins + 5, dm.ID: 3}; err != nil || !maps.Equal(seqs, want) {
		t.Errorf("%v, %v", seqs, err)
	}
	if seqs, err := s.EventSeqs(t.Context(), "carol", true); err != nil || len(seqs) != 0 {
		t.Errorf("a client: %v, %v", seqs, err)
	}
}

// What retention has removed cannot be told of; what is after it can.
func TestChangesThatAreNoLongerKept(t *testing.T) {
	url := testkit.PostgresURL(t)
	db := openMigrated(t, url)
	w := newWriter(t, db) // who comes in by the first change
	for range 6 {
		w.mustSend(t)
	}
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), `DELETE FROM channel_events WHERE event_seq <= 4`); err != nil {
		t.Fatal(err)
	}
	for cursor, want := range map[int64]int{0: -1, 3: -1, 4: 3, 6: 1, 7: 0} {
		list, ok := changesOf(t, db.Chat(), map[string]int64{w.channelID: cursor}, 100)[w.channelID]
		if ok != (want >= 0) || len(list) != max(want, 0) {
			t.Errorf("cursor %d: %d changes, %v", cursor, len(list), ok)
		}
	}
	if _, err := conn.Exec(t.Context(), `DELETE FROM messages WHERE seq = 5`); err != nil {
		t.Fatal(err)
	}
	if _, ok := changesOf(t, db.Chat(), map[string]int64{w.channelID: 4}, 100)[w.channelID]; ok {
		t.Error("a change without its message was passed over")
	}
}
