package signaling_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/store/postgres"
)

// lateStore lets something happen after it has read what a user may hear, and before it says so.
type lateStore struct {
	chat.Store
	userID string
	then   atomic.Pointer[func()] // once
}

func (l *lateStore) late(userID string) {
	if userID != l.userID {
		return
	}
	if then := l.then.Swap(nil); then != nil {
		(*then)()
	}
}

func (l *lateStore) Access(ctx context.Context, channelID, userID string) (chat.Channel, *chat.Member, error) {
	ch, member, err := l.Store.Access(ctx, channelID, userID)
	l.late(userID)
	return ch, member, err
}

func (l *lateStore) EventSeqs(ctx context.Context, userID string, internal bool) (map[string]int64, error) {
	seqs, err := l.Store.EventSeqs(ctx, userID, internal)
	l.late(userID)
	return seqs, err
}

// A change that is told while the database answers is newer than the answer.
func TestWhatIsToldGoesBeforeWhatWasAsked(t *testing.T) {
	store := &lateStore{userID: "bob"}
	var service *chat.Service
	dbURL := testkit.PostgresURL(t)
	e := newEdgeOn(t, dbURL, transport.Timeouts{}, func(cfg *signaling.Config, _ *call.Limits) {
		db, err := postgres.Open(t.Context(), dbURL, cfg.Log)
		must(t, err)
		t.Cleanup(db.Close)
		store.Store = db.Chat()
		service = chat.New(store, cfg.Bus, cfg.Log)
		cfg.Chat = service
	})
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Before", "memberIds": []string{"bob"}})
	other := alice.makes(map[string]any{"name": "After"})
	later := func(then func()) { store.then.Store(&then) }
	turn := func(channelID string, in bool) {
		var err error
		if in {
			_, err = service.AddMembers(t.Context(), alice.who, chat.AddMembersRequest{ChannelID: channelID, UserIDs: []string{"bob"}})
		} else {
			_, err = service.RemoveMember(t.Context(), alice.who, chat.MemberRequest{ChannelID: channelID, UserID: "bob"})
		}
		if err != nil {
			t.Error(err)
		}
	}
	hears := func(d *device, yes, no string) {
		t.Helper()
		send(alice, no, "not this", id.New())
		send(alice, yes, "but this", id.New())
		expect(d, "newMessage", func(m chat.NewMessage) bool {
			if m.ChannelID == no && m.Message.Body == "not this" {
				t.Error("heard")
			}
			return m.ChannelID == yes && m.Message.Body == "but this"
		})
	}

	request[any](bob, "leaveChannel", ch.ID)
	later(func() { turn(ch.ID, false) })
	refused(bob, "joinChannel", ch.ID, "channel_not_found")
	hears(bob, e.general(bob.who), ch.ID)

	turn(ch.ID, true)
	later(func() { turn(ch.ID, false); turn(other.ID, true) })
	hears(e.connect(bob.who), other.ID, ch.ID)

	turn(other.ID, false)
	e.exec(`INSERT INTO channel_members (channel_id, channel_internal, user_id, user_internal) VALUES ($1, true, 'bob', true)`, ch.ID)
	later(func() { turn(ch.ID, false) })
	must(t, e.server.Compare(t.Context()))
	hears(bob, e.general(bob.who), ch.ID)
}
