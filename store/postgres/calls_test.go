package postgres_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
)

var callStart = time.Date(2026, 11, 23, 9, 30, 0, 123_000_000, time.UTC)

func ptr[T any](v T) *T { return &v }

func newCall(channelID string, n int) call.Call {
	return call.Call{
		ID: fmt.Sprintf("%024d", n), ChannelID: channelID, Type: call.Video, InitiatorID: "bob", Status: call.Ongoing, StartedAt: callStart,
		Participants: []call.Record{
			{ParticipantID: fmt.Sprintf("a%023d", n), UserID: "bob", JoinedAt: callStart},
			{ParticipantID: fmt.Sprintf("b%023d", n), UserID: "alice", JoinedAt: callStart.Add(time.Second)},
		},
	}
}

func TestCallIsWhatWasSaved(t *testing.T) {
	db := testkit.Postgres(t)
	w := newWriter(t, db)
	s := db.Calls()
	c := newCall(w.channelID, 1)
	save := func() {
		t.Helper()
		if err := s.Save(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(t.Context(), c.ID); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, c)
		}
	}
	save()
	c.Participants[0].LeftAt, c.Participants[0].Duration = ptr(callStart.Add(time.Minute)), ptr(60)
	c.Status, c.EndedAt, c.TotalDuration = call.Completed, ptr(callStart.Add(2*time.Minute)), ptr(120)
	c.AvgQuality, c.NetworkIssues = ptr(81), []string{"jitter", "packet-loss"}
	save()
	c.Participants = append(c.Participants[:1], call.Record{ParticipantID: id.New(), UserID: "alice", JoinedAt: callStart.Add(time.Minute)})
	save()
	c.Participants = []call.Record{}
	save()
	if err := s.Save(t.Context(), newCall("nowhere", 2)); err == nil {
		t.Error("a call in no channel was saved")
	}
	if _, err := s.Get(t.Context(), newCall("nowhere", 2).ID); !errors.Is(err, call.ErrNoCall) {
		t.Errorf("a call that was refused: %v", err)
	}
	if _, err := s.Get(t.Context(), "nothing"); !errors.Is(err, call.ErrNoCall) {
		t.Errorf("no such call: %v", err)
	}
}

func TestListCalls(t *testing.T) {
	db := testkit.Postgres(t)
	w := newWriter(t, db)
	for _, u := range []chat.User{bob, carol} {
		if _, err := db.Chat().UpsertUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	dm, _, err := db.Chat().OpenDM(t.Context(), id.New(), "bob", "carol")
	if err != nil {
		t.Fatal(err)
	}
	s := db.Calls()
	for n := 1; n <= 7; n++ {
		channelID := w.channelID
		if n == 4 {
			channelID = dm.ID
		}
		if err := s.Save(t.Context(), newCall(channelID, n)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		q    call.ListQuery
		want []int
		more bool
	}{
		{call.ListQuery{UserID: "bob", Limit: 10}, []int{7, 6, 5, 4, 3, 2, 1}, false},
		{call.ListQuery{UserID: "bob", Limit: 7}, []int{7, 6, 5, 4, 3, 2, 1}, false},
		{call.ListQuery{UserID: "bob", Limit: 3}, []int{7, 6, 5}, true},
		{call.ListQuery{UserID: "bob", Limit: 3, Before: fmt.Sprintf("%024d", 5)}, []int{4, 3, 2}, true},
		{call.ListQuery{UserID: "bob", Limit: 3, ChannelID: dm.ID}, []int{4}, false},
		{call.ListQuery{UserID: "alice", Limit: 10}, []int{7, 6, 5, 3, 2, 1}, false},
		{call.ListQuery{UserID: "alice", Limit: 10, ChannelID: dm.ID}, nil, false},
		{call.ListQuery{UserID: "carol", Limit: 10}, []int{4}, false},
	} {
		c.q.Internal = true
		calls, more, err := s.List(t.Context(), c.q)
		if err != nil || more != c.more || len(calls) != len(c.want) {
			t.Errorf("%+v: %d calls, more %v, %v", c.q, len(calls), more, err)
			continue
		}
		for i, n := range c.want {
			if calls[i].ID != fmt.Sprintf("%024d", n) || len(calls[i].Participants) != 2 || calls[i].Participants[0].UserID != "bob" {
				t.Errorf("%+v: call %d is %+v", c.q, i, calls[i])
			}
		}
	}
}

func TestCloseOrphans(t *testing.T) {
	db := testkit.Postgres(t)
	w := newWriter(t, db)
	s := db.Calls()
	live, orphan, over := newCall(w.channelID, 1), newCall(w.channelID, 2), newCall(w.channelID, 3)
	over.Status, over.EndedAt, over.TotalDuration = call.Completed, ptr(callStart.Add(time.Second)), ptr(1)
	orphan.Participants[1].LeftAt, orphan.Participants[1].Duration = ptr(callStart.Add(3*time.Second)), ptr(2)
	for _, c := range []call.Call{live, orphan, over} {
		if err := s.Save(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	at := callStart.Add(90*time.Second + 999*time.Millisecond)
	if n, err := s.CloseOrphans(t.Context(), []string{live.ID}, at); err != nil || n != 1 {
		t.Fatalf("closed %d, %v", n, err)
	}
	orphan.Status, orphan.EndedAt, orphan.TotalDuration = call.Failed, &at, ptr(90)
	orphan.Participants[0].LeftAt, orphan.Participants[0].Duration = &at, ptr(90)
	for _, want := range []call.Call{live, orphan, over} {
		if got, err := s.Get(t.Context(), want.ID); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	}
	if n, err := s.CloseOrphans(t.Context(), nil, callStart.Add(-time.Hour)); err != nil || n != 1 {
		t.Errorf("with none alive: closed %d, %v", n, err)
	}
	if got, err := s.Get(t.Context(), live.ID); err != nil || !got.EndedAt.Equal(callStart) || *got.TotalDuration != 0 {
		t.Errorf("closed before it began: %+v, %v", got, err)
	}
}
