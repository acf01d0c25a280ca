package postgres_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/store/postgres"
)

func TestAppendUsualWritesWhatAppendWrites(t *testing.T) {
	s, general := newChat(t)
	first, err := s.AppendUsual(t.Context(), draft(general, bob, "hello"))
	sent := first.Message
	if err != nil || first.EventSeq != joins+1 || sent.Seq != 1 || sent.Sender.Name != bob.Name {
		t.Fatalf("%+v, %v", first, err)
	}
	mustAppend(t, s, draft(general, alice, "hello, too"))
	all := wholeHistory(t, s, general)
	if len(all) != 2 || !reflect.DeepEqual(all[0], sent) {
		t.Fatalf("sent %+v\nread %+v", sent, all)
	}
	changes, err := s.Changes(t.Context(), map[string]int64{general: joins}, 10, 1<<20)
	if err != nil || len(changes[general]) != 2 || changes[general][0].Event != chat.EventNewMessage {
		t.Fatalf("%+v, %v", changes, err)
	}
}

// Everything about which chat.Can, slow mode or the sender's earlier sends could say no is left to them.
func TestAppendUsualLeavesTheRestAlone(t *testing.T) {
	type place struct {
		*postgres.ChatStore
		general, dm string
	}
	set := func(change chat.ChannelChange) func(t *testing.T, p place) chat.Draft {
		return func(t *testing.T, p place) chat.Draft {
			change.ChannelID, change.ActorID = p.general, alice.ID
			if _, _, err := p.UpdateChannel(t.Context(), change); err != nil {
				t.Fatal(err)
			}
			return draft(p.general, alice, "x")
		}
	}
	yes, gap, now := true, 5, time.Now()
	for name, arrange := range map[string]func(t *testing.T, p place) chat.Draft{
		"no such channel": func(_ *testing.T, _ place) chat.Draft { return draft("nowhere", alice, "x") },
		"no member":       func(_ *testing.T, p place) chat.Draft { return draft(p.general, carol, "x") },
		"no such user":    func(_ *testing.T, p place) chat.Draft { return draft(p.general, chat.User{ID: "nobody"}, "x") },
		"archived":        set(chat.ChannelChange{Archived: &yes}),
		"read-only":       set(chat.ChannelChange{ReadOnly: &yes}),
		"in slow mode":    set(chat.ChannelChange{SlowMode: &gap}),
		"silenced": func(t *testing.T, p place) chat.Draft {
			if _, err := p.Silence(t.Context(), p.general, alice.ID, &now); err != nil {
				t.Fatal(err)
			}
			return draft(p.general, alice, "x")
		},
		"blocked": func(t *testing.T, p place) chat.Draft {
			if _, err := p.Block(t.Context(), bob.ID, alice.ID, true, 10); err != nil {
				t.Fatal(err)
			}
			return draft(p.dm, alice, "x")
		},
		"sent before": func(t *testing.T, p place) chat.Draft {
			d := draft(p.general, alice, "x")
			mustAppend(t, p.ChatStore, d)
			return withID(d, id.New())
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, general := newChat(t)
			dm, _, err := s.OpenDM(t.Context(), "00000000000000000000000d", alice.ID, bob.ID)
			if err != nil {
				t.Fatal(err)
			}
			d := arrange(t, place{s, general, dm.ID})
			was := append(wholeHistory(t, s, general), wholeHistory(t, s, dm.ID)...)
			if _, err := s.AppendUsual(t.Context(), d); !errors.Is(err, chat.ErrNotUsual) {
				t.Errorf("%v", err)
			}
			if is := append(wholeHistory(t, s, general), wholeHistory(t, s, dm.ID)...); len(is) != len(was) {
				t.Errorf("%d messages, %d before", len(is), len(was))
			}
			next, err := s.AppendUsual(t.Context(), draft(dm.ID, bob, "next"))
			if err != nil || next.Message.Seq != 1 {
				t.Errorf("the other's next is %d: %v", next.Message.Seq, err)
			}
		})
	}
}
