package postgres_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
)

func TestGeneralChannel(t *testing.T) {
	s, general := newChat(t)
	if !id.Valid(general) {
		t.Errorf("its id is %q", general)
	}
	ch, member, err := s.Access(t.Context(), general, "alice")
	if err != nil || member == nil {
		t.Fatal(member, err)
	}
	if ch.Type != chat.General || !ch.Internal || ch.Private || ch.Name != "General" || ch.ParticipantCount != 2 || ch.Participants == nil || len(ch.Participants) != 0 {
		t.Errorf("%+v", ch)
	}
	if member.UserID != "alice" || member.Name != alice.Name || member.Role != chat.PlainMember || member.JoinedAt.IsZero() {
		t.Errorf("%+v", member)
	}
	ids, err := s.MemberIDs(t.Context(), general, 10)
	if err != nil || !slices.Equal(ids, []string{"alice", "bob"}) {
		t.Errorf("%v, %v", ids, err)
	}
	if ids, err := s.MemberIDs(t.Context(), general, 1); err != nil || len(ids) != 1 {
		t.Errorf("limited to 1: %v, %v", ids, err)
	}
	if _, _, err := s.Access(t.Context(), "nowhere", "alice"); !errors.Is(err, chat.ErrNoChannel) {
		t.Errorf("no such channel: %v", err)
	}
	if _, member, err := s.Access(t.Context(), general, "carol"); err != nil || member != nil {
		t.Errorf("no member: %v, %v", member, err)
	}
}

func TestChannelsShowTheLastActiveFirst(t *testing.T) {
	s, general := newChat(t)
	dm, created, err := s.OpenDM(t.Context(), id.New(), "bob", "alice")
	if err != nil || !created {
		t.Fatal(created, err)
	}
	list := func(userID string) (ids []string, channels []chat.Channel) {
		t.Helper()
		channels, err := s.Channels(t.Context(), userID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range channels {
			ids = append(ids, c.ID)
		}
		return ids, channels
	}
	if ids, _ := list("alice"); !slices.Equal(ids, []string{dm.ID, general}) {
		t.Errorf("at first: %v", ids)
	}
	m := mustAppend(t, s, draft(general, bob, strings.Repeat("é", 200)))
	ids, channels := list("alice")
	if !slices.Equal(ids, []string{general, dm.ID}) {
		t.Errorf("after a message: %v", ids)
	}
	want := chat.LastMessage{ID: m.ID, SenderID: "bob", SenderName: bob.Name, Message: strings.Repeat("é", 140), CreatedAt: m.CreatedAt}
	first := channels[0]
	if first.LastMessage == nil || *first.LastMessage != want || !first.LastMessageAt.Equal(m.CreatedAt) || !first.UpdatedAt.Equal(m.CreatedAt) {
		t.Errorf("%+v", first)
	}
	if first.Seq != 1 || first.EventSeq != joins+1 || first.MessageCount != 1 || channels[1].LastMessage != nil || channels[1].LastMessageAt != nil {
		t.Errorf("%+v", channels)
	}
	if read, _, err := s.Access(t.Context(), general, "alice"); err != nil || !reflect.DeepEqual(read, first) {
		t.Errorf("listed %+v\nread %+v, %v", first, read, err)
	}
	if ids, _ := list("carol"); len(ids) != 0 {
		t.Errorf("a client sees %v", ids)
	}
}

// Twenty clicks at once, from both sides, make one channel.
func TestOpenDMAtOnce(t *testing.T) {
	s, _ := newChat(t)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		seen = map[string]bool{}
		made int
	)
	for i := range 20 {
		creator, other := "alice", "bob"
		if i%2 == 1 {
			creator, other = other, creator
		}
		wg.Go(func() {
			ch, created, err := s.OpenDM(t.Context(), id.New(), creator, other)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[ch.ID] = true
			if created {
				made++
			}
		})
	}
	wg.Wait()
	if len(seen) != 1 || made != 1 {
		t.Errorf("channels: %v, made %d times", seen, made)
	}
}

func TestOpenDM(t *testing.T) {
	s, _ := newChat(t)
	newID := id.New()
	dm, created, err := s.OpenDM(t.Context(), newID, "carol", "bob")
	if err != nil || !created || dm.ID != newID {
		t.Fatal(dm, created, err)
	}
	if dm.Type != chat.DM || dm.Internal || !dm.Private || dm.CreatedBy != "carol" || dm.ParticipantCount != 2 || len(dm.Participants) != 2 {
		t.Errorf("%+v", dm)
	}
	for i, want := range []chat.User{bob, carol} {
		p := dm.Participants[i]
		if p.UserID != want.ID || p.Name != want.Name || p.AvatarURL != want.AvatarURL || p.Role != chat.PlainMember || !p.JoinedAt.Equal(dm.CreatedAt) {
			t.Errorf("participant %d: %+v", i, p)
		}
	}
	again, created, err := s.OpenDM(t.Context(), id.New(), "bob", "carol")
	if err != nil || created || !reflect.DeepEqual(again, dm) {
		t.Errorf("again: %+v, %v, %v", again, created, err)
	}
	other, _, err := s.OpenDM(t.Context(), id.New(), "carol", "alice")
	if err != nil || other.ID == dm.ID {
		t.Errorf("with somebody else: %v, %v", other.ID, err)
	}
	for _, pair := range [][2]string{{"alice", "nobody"}, {"nobody", "alice"}, {"alice", "alice"}} {
		if _, _, err := s.OpenDM(t.Context(), id.New(), pair[0], pair[1]); !errors.Is(err, chat.ErrNoUser) {
			t.Errorf("%v: %v", pair, err)
		}
	}
}

// Speaker says of a channel and a membership what Access says, as far as chat.Can looks at it.
func TestSpeakerIsAccessForAMessage(t *testing.T) {
	s, general := newChat(t)
	for _, userID := range []string{"alice", "carol"} {
		all, known, err := s.Access(t.Context(), general, userID)
		if err != nil {
			t.Fatal(err)
		}
		ch, member, err := s.Speaker(t.Context(), general, userID)
		if err != nil || (member == nil) != (known == nil) {
			t.Fatal(userID, member, err)
		}
		want := chat.Channel{ID: all.ID, Type: all.Type, Internal: all.Internal, Archived: all.Archived, ReadOnly: all.ReadOnly, SlowMode: all.SlowMode}
		if !reflect.DeepEqual(ch, want) {
			t.Errorf("%s: %+v instead of %+v", userID, ch, want)
		}
		if member != nil && (member.UserID != known.UserID || member.Role != known.Role || member.Blocked != known.Blocked) {
			t.Errorf("%s: %+v instead of %+v", userID, member, known)
		}
	}
	if _, _, err := s.Speaker(t.Context(), "nowhere", "alice"); !errors.Is(err, chat.ErrNoChannel) {
		t.Errorf("no such channel: %v", err)
	}
}
