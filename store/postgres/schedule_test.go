package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

// laterOf has a user schedule messages: the first is sent first.
func laterOf(t *testing.T, s *postgres.ChatStore, userID string, n, limit int) (list []chat.Scheduled) {
	t.Helper()
	for i := range n {
		m := chat.Scheduled{ID: id.New(), SendAt: time.Now().Add(time.Hour + time.Duration(i)*time.Minute).Truncate(time.Millisecond)}
		m.ClientID, m.Body = m.ID, fmt.Sprint(i)
		m, err := s.AddScheduled(t.Context(), userID, m, limit)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func TestWhatCouldNotBeSentHidesNothingThatWaits(t *testing.T) {
	const failed, waiting = 250, 5
	db := testkit.Postgres(t)
	s := db.Chat()
	if _, err := s.UpsertUser(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	laterOf(t, s, bob.ID, failed, failed)
	if _, err := db.Exec(t.Context(), `UPDATE scheduled_messages SET status = 'failed', send_at = send_at - interval '1 day'`); err != nil {
		t.Fatal(err)
	}
	want := laterOf(t, s, bob.ID, waiting, waiting)
	list, err := s.ScheduledOf(t.Context(), bob.ID, 200)
	if err != nil || len(list) != 200 {
		t.Fatalf("%d, %v", len(list), err)
	}
	for i, m := range list {
		if i < waiting && m.ID != want[i].ID || i >= waiting && m.Body != fmt.Sprint(failed-1-i+waiting) {
			t.Fatalf("at %d is %+v", i, m)
		}
	}
	const month = 30 * 24 * time.Hour
	for _, at := range []struct {
		after time.Duration
		kept  int
	}{{month - time.Hour, failed + waiting}, {month + time.Minute, waiting}} {
		if err := db.Prune(t.Context(), time.Now().Add(at.after)); err != nil {
			t.Fatal(err)
		}
		if n := countOf(t, db, "scheduled_messages"); n != at.kept {
			t.Errorf("%d are kept after %v", n, at.after)
		}
	}
}

// Of those that failed only as many wait again as may wait.
func TestAFailedMessageWaitsAgainWhereThereIsRoom(t *testing.T) {
	const limit = 3
	db := testkit.Postgres(t)
	s := db.Chat()
	if _, err := s.UpsertUser(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	failed := laterOf(t, s, bob.ID, 1, limit)[0]
	if _, err := db.Exec(t.Context(), `UPDATE scheduled_messages SET status = 'failed', code = 'silenced'`); err != nil {
		t.Fatal(err)
	}
	waiting := laterOf(t, s, bob.ID, limit, limit)
	change := func(m chat.Scheduled) error {
		changed, err := s.ChangeScheduled(t.Context(), bob.ID, m, limit)
		if err == nil && (changed.Status != chat.ScheduleWaiting || changed.Code != "") {
			t.Errorf("%+v", changed)
		}
		return err
	}
	if err := change(failed); !errors.Is(err, chat.ErrTooManyScheduled) {
		t.Errorf("one too many: %v", err)
	}
	if err := change(waiting[0]); err != nil {
		t.Errorf("one that waits already: %v", err)
	}
	if err := s.CancelScheduled(t.Context(), bob.ID, waiting[1].ID); err != nil {
		t.Fatal(err)
	}
	if err := change(failed); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE scheduled_messages SET status = 'sending' WHERE id = $1`, failed.ID); err != nil {
		t.Fatal(err)
	}
	if err := change(failed); !errors.Is(err, chat.ErrAlreadySent) {
		t.Errorf("one that is being sent: %v", err)
	}
}
