package chat

import (
	"context"
	"log/slog"
	"testing"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
)

// lateStore writes a message and says that it does not know whether it did, the first time.
type lateStore struct {
	Store
	appends int
}

func (l *lateStore) Speaker(context.Context, string, string) (Channel, *Member, error) {
	return Channel{}, &Member{Role: PlainMember}, nil
}

func (l *lateStore) AppendUsual(context.Context, Draft) (Appended, error) {
	return Appended{}, ErrNotUsual
}

func (l *lateStore) Words(context.Context) (WordLists, error) { return WordLists{}, nil }

func (l *lateStore) Append(_ context.Context, d Draft) (Appended, error) {
	l.appends++
	if l.appends == 1 {
		return Appended{}, fault.New(fault.Unavailable, "database_unavailable", "Try again.")
	}
	m := Message{ID: "first", ChannelID: d.ChannelID, Seq: 1, ClientID: d.ClientID}
	return Appended{Message: m, EventSeq: 1, Duplicate: true}, nil
}

func TestAMessageOfUnknownFateIsToldWhenItComesAgain(t *testing.T) {
	b, told := bus.NewLocal(), 0
	const channelID = "0123456789abcdef01234567"
	defer b.Subscribe(bus.Channel(channelID), func(bus.Event) { told++ })()
	s := New(&lateStore{}, b, slog.New(slog.DiscardHandler))
	who := auth.Identity{UserID: "alice", Role: auth.RoleUser, Internal: true}
	out := Outgoing{ChannelID: channelID, Body: "hello", ClientID: "c1"}

	if _, err := s.Send(t.Context(), who, out); fault.KindOf(err) != fault.Unavailable {
		t.Fatal(err)
	}
	for range 3 {
		if r, err := s.Send(t.Context(), who, out); err != nil || !r.Duplicate {
			t.Fatalf("%+v %v", r, err)
		}
	}
	if told != 1 {
		t.Fatalf("the channel was told %d times", told)
	}
}

func TestWhatIsSeen(t *testing.T) {
	for text, want := range map[string]bool{
		"a": true, "👍": true, " 生 ": true, "": false, " \n\t": false, "\u200b\u00ad\u2060": false, "\u3164\u2800": false,
		"\u2065\ufff0\U000e0080": false, // no characters yet, and not drawn
	} {
		if visible(text) != want {
			t.Errorf("%q is seen: %v", text, !want)
		}
	}
}
