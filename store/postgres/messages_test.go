package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

var (
	bob   = chat.User{ID: "bob", Name: "Bob Tanaka", AvatarURL: "https://example.com/b.png", Role: "manager", Internal: true}
	carol = chat.User{ID: "carol", Name: "Carol 100%_\\ Ünal", Role: "client"}
)

func mustBeUnavailable(t *testing.T, err error) {
	t.Helper()
	f := fault.From(err)
	if f.Kind != fault.Unavailable || f.Code != "database_unavailable" || f.RetryAfter != time.Second {
		t.Fatalf("not told to come back: %v", err)
	}
}

// joins are the changes of newChat's general channel before all others: alice and bob have come into it.
const joins = 2

// newChat gives a database with alice, bob and carol in it, and its general channel.
func newChat(t *testing.T) (*postgres.ChatStore, string) {
	t.Helper()
	s := testkit.Postgres(t).Chat()
	for _, u := range []chat.User{alice, bob, carol} {
		if _, err := s.UpsertUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	general, err := s.GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, general
}

func mustAppend(t *testing.T, s *postgres.ChatStore, d chat.Draft) chat.Message {
	t.Helper()
	a, err := s.Append(t.Context(), d)
	if err != nil || a.Duplicate {
		t.Fatalf("append: duplicate %v, %v", a.Duplicate, err)
	}
	return a.Message
}

func wholeHistory(t *testing.T, s *postgres.ChatStore, channelID string) (all []chat.Message) {
	t.Helper()
	for after, more := int64(0), true; more; {
		page, err := s.History(t.Context(), chat.HistoryQuery{ChannelID: channelID, After: after, Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		all, more = append(all, page.Messages...), page.HasMore
		if len(page.Messages) > 0 {
			after = page.Messages[len(page.Messages)-1].Seq
		}
	}
	return all
}

func TestAppendReturnsWhatIsRead(t *testing.T) {
	s, general := newChat(t)
	d := draft(general, bob, "Ça va? 👋")
	d.Sender.Name = "not the name that is stored"
	first, err := s.Append(t.Context(), d)
	sent := first.Message
	if err != nil || first.Duplicate || first.EventSeq != joins+1 || sent.Seq != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	if want := (chat.Person{ID: "bob", Name: bob.Name, AvatarURL: bob.AvatarURL}); sent.Sender != want {
		t.Errorf("sender is %+v", sent.Sender)
	}
	if sent.CreatedAt.Location() != time.UTC || sent.CreatedAt.Nanosecond()%1e6 != 0 || time.Since(sent.CreatedAt) > time.Minute {
		t.Errorf("created at %v", sent.CreatedAt)
	}
	if read := wholeHistory(t, s, general); len(read) != 1 || !reflect.DeepEqual(read[0], sent) {
		t.Errorf("sent %+v\nread %+v", sent, read)
	}
	again, err := s.Append(t.Context(), withID(d, "000000000000000000000001"))
	want := chat.Appended{Message: sent, EventSeq: joins + 1, Duplicate: true}
	if err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("again: %+v, %v", again, err)
	}
	if found, err := s.Earlier(t.Context(), d); err != nil || !reflect.DeepEqual(found, want) {
		t.Errorf("found: %+v, %v", found, err)
	}
	if _, err := s.Earlier(t.Context(), draft(general, bob, "never sent")); !errors.Is(err, chat.ErrNoMessage) {
		t.Errorf("what was never sent: %v", err)
	}
}

func withID(d chat.Draft, messageID string) chat.Draft {
	d.ID = messageID
	return d
}

// The answer to a send may be lost on the way, and the store then asks again by itself: that is no duplicate.
func TestAppendOfTheSameDraftIsNoDuplicate(t *testing.T) {
	s, general := newChat(t)
	d := draft(general, bob, "once")
	sent := mustAppend(t, s, d)
	again, err := s.Append(t.Context(), d)
	if err != nil || again.Duplicate || !reflect.DeepEqual(again.Message, sent) {
		t.Fatalf("%+v, %v", again, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	s, general := newChat(t)
	first := draft(general, alice, "first")
	mustAppend(t, s, first)
	dm, _, err := s.OpenDM(t.Context(), "00000000000000000000000d", "alice", "bob")
	if err != nil {
		t.Fatal(err)
	}
	otherBody, otherChannel, nowhere, nobody := withID(first, "1"), withID(first, "2"), draft("nowhere", alice, "x"), draft(general, chat.User{ID: "nobody"}, "x")
	otherBody.Body = "second"
	otherThread, otherQuote := withID(first, "3"), withID(first, "4")
	otherThread.ParentID, otherQuote.QuoteID = first.ID, first.ID
	otherChannel.ChannelID = dm.ID
	for name, c := range map[string]struct {
		draft chat.Draft
		want  error
	}{
		"another body":        {otherBody, chat.ErrReusedClientID},
		"another channel":     {otherChannel, chat.ErrReusedClientID},
		"another thread":      {otherThread, chat.ErrReusedClientID},
		"another quote":       {otherQuote, chat.ErrReusedClientID},
		"no such channel":     {nowhere, chat.ErrNoChannel},
		"no such sender":      {nobody, chat.ErrNoUser},
		"what cannot be text": {draft(general, alice, "a\x00b"), fault.New(fault.Invalid, "invalid_text", "")},
	} {
		if _, err := s.Append(t.Context(), c.draft); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Earlier(t.Context(), c.draft); errors.Is(c.want, chat.ErrReusedClientID) && !errors.Is(err, c.want) {
			t.Errorf("%s, found: %v", name, err)
		}
	}
	if all := wholeHistory(t, s, general); len(all) != 1 {
		t.Errorf("there are %d messages", len(all))
	}
	if m := mustAppend(t, s, draft(general, alice, "next")); m.Seq != 2 {
		t.Errorf("a refusal took a number: the next is %d", m.Seq)
	}
}

// Twenty writers, each with messages of its own and one that all of them share: numbers without gaps, each sender's order
// kept, the shared one there once, and nobody who reads meanwhile ever sees a gap.
func TestAppendConcurrently(t *testing.T) {
	const writers, each = 20, 15
	s, general := newChat(t)
	shared := draft(general, alice, "shared")
	var wg sync.WaitGroup
	originals := make(chan bool, writers)
	stop := make(chan struct{})
	watched := watchForGaps(t, s, general, stop)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if i == each/2 {
					a, err := s.Append(t.Context(), withID(shared, fmt.Sprintf("%024d", w)))
					if err != nil {
						t.Error(err)
					}
					originals <- !a.Duplicate
				}
				if _, err := s.Append(t.Context(), draft(general, bob, fmt.Sprintf("%d %d", w, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	<-watched
	checkConcurrent(t, wholeHistory(t, s, general), writers, each)
	close(originals)
	n := 0
	for original := range originals {
		if original {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d senders were told that the shared message is theirs", n)
	}
}

func checkConcurrent(t *testing.T, all []chat.Message, writers, each int) {
	t.Helper()
	if len(all) != writers*each+1 {
		t.Fatalf("there are %d messages", len(all))
	}
	next := map[int]int{}
	for i, m := range all {
		if m.Seq != int64(i+1) {
			t.Fatalf("message %d has seq %d", i+1, m.Seq)
		}
		if m.Body == "shared" {
			continue
		}
		var w, n int
		if _, err := fmt.Sscan(m.Body, &w, &n); err != nil || n != next[w] {
			t.Fatalf("writer %d: message %d, want %d, %v", w, n, next[w], err)
		}
		next[w]++
	}
}

// watchForGaps reads as a client does, until stop: the next page continues the last one.
func watchForGaps(t *testing.T, s *postgres.ChatStore, channelID string, stop <-chan struct{}) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for last := int64(0); ; {
			page, err := s.History(t.Context(), chat.HistoryQuery{ChannelID: channelID, After: last, Limit: 50})
			if err != nil {
				t.Error(err)
				return
			}
			for _, m := range page.Messages {
				if m.Seq != last+1 {
					t.Errorf("saw %d after %d", m.Seq, last)
				}
				last = m.Seq
			}
			if page.EventSeq > joins+last && !page.HasMore {
				t.Errorf("eventSeq %d is ahead of message %d that it was read with", page.EventSeq, last)
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	return done
}

// Pages in either direction are what a model of the channel gives.
func TestHistoryAgainstAModel(t *testing.T) {
	const total = 57
	s, general := newChat(t)
	var model []chat.Message
	for i := range total {
		model = append(model, mustAppend(t, s, draft(general, alice, fmt.Sprint(i))))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		q := chat.HistoryQuery{ChannelID: general, After: -1, Limit: 1 + rng.IntN(total+5)}
		if rng.IntN(2) == 0 {
			q.After = rng.Int64N(total + 3)
		} else {
			q.Before = rng.Int64N(total + 3)
		}
		want, more := modelPage(model, q)
		page, err := s.History(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(page.Messages, want) || page.HasMore != more || page.EventSeq != joins+total {
			t.Fatalf("%+v: %d messages, more %v, eventSeq %d; want %d, %v", q, len(page.Messages), page.HasMore, page.EventSeq, len(want), more)
		}
	}
}

func modelPage(model []chat.Message, q chat.HistoryQuery) (page []chat.Message, more bool) {
	page = []chat.Message{}
	if q.After >= 0 {
		rest := model[min(int(q.After), len(model)):]
		return append(page, rest[:min(q.Limit, len(rest))]...), len(rest) > q.Limit
	}
	end := len(model)
	if q.Before > 0 {
		end = min(int(q.Before)-1, end)
	}
	from := max(0, end-q.Limit)
	return append(page, model[from:end]...), from > 0
}

func TestHistoryOfNothing(t *testing.T) {
	s, general := newChat(t)
	page, err := s.History(t.Context(), chat.HistoryQuery{ChannelID: general, After: -1, Limit: 10})
	if err != nil || page.Messages == nil || len(page.Messages) != 0 || page.HasMore {
		t.Errorf("an empty channel: %+v, %v", page, err)
	}
	if _, err := s.History(t.Context(), chat.HistoryQuery{ChannelID: "nowhere", After: -1, Limit: 10}); !errors.Is(err, chat.ErrNoChannel) {
		t.Errorf("no such channel: %v", err)
	}
}

func TestSeqOf(t *testing.T) {
	s, general := newChat(t)
	mustAppend(t, s, draft(general, alice, "1"))
	m := mustAppend(t, s, draft(general, alice, "2"))
	for _, c := range []struct {
		channelID, messageID string
		want                 int64
	}{{general, m.ID, 2}, {"elsewhere", m.ID, 0}, {general, "nothing", 0}} {
		if seq, err := s.SeqOf(t.Context(), c.channelID, c.messageID); err != nil || seq != c.want {
			t.Errorf("%+v: %d, %v", c, seq, err)
		}
	}
}

// A row that somebody else holds makes a call fail at its deadline, and the server forgets the statement.
func TestDeadline(t *testing.T) {
	url := testkit.PostgresURL(t)
	db := openMigrated(t, url)
	w := newWriter(t, db)
	other := connect(t, url)
	tx, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM channels FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = db.Chat().Append(ctx, draft(w.channelID, alice, "late"))
	mustBeUnavailable(t, err)
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := wholeHistory(t, db.Chat(), w.channelID); len(all) != 0 {
		t.Errorf("the message was written after its deadline")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Chat().Epoch(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestUnavailable(t *testing.T) {
	db, err := postgres.Open(t.Context(), "postgres:///parley?host="+t.TempDir(), testkit.Logger(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	mustBeUnavailable(t, db.Ping(t.Context()))
	_, err = db.Chat().Epoch(t.Context())
	mustBeUnavailable(t, err)
	mustBeUnavailable(t, db.Migrate(t.Context()))
	if _, err := postgres.Open(t.Context(), "postgres://h:not-a-port/x", testkit.Logger(t)); err == nil {
		t.Error("a malformed address was taken")
	}
}
