package postgres_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/internal/testkit"
)

func TestAFirstSignInIsAChange(t *testing.T) {
	s, general := newChat(t)
	dave := chat.User{ID: "dave", Name: "Dave", Role: "user", Internal: true}
	recorded, err := s.UpsertUser(t.Context(), dave)
	if err != nil || len(recorded.Joined) != 1 || recorded.PersonChanged {
		t.Fatalf("%+v, %v", recorded, err)
	}
	push := recorded.Joined[0]
	if push.ChannelID != general || push.EventSeq != joins+1 || push.ParticipantCount != 3 || len(push.Members) != 1 || push.Members[0].Name != "Dave" {
		t.Errorf("%+v", push)
	}
	changes := changesOf(t, s, map[string]int64{general: joins}, 10)[general]
	if len(changes) != 1 || changes[0].Event != chat.EventMembersAdded || changes[0].EventSeq != push.EventSeq {
		t.Errorf("%+v", changes)
	}
	dave.Name = "David"
	for range 2 {
		if recorded, err := s.UpsertUser(t.Context(), dave); err != nil || len(recorded.Joined) != 0 {
			t.Errorf("again: %+v, %v", recorded, err)
		}
	}
}

// A company that signs in for the first time at once is a few changes of the general channel, and each is there to be told
// once.
func TestARushOfFirstSignIns(t *testing.T) {
	const rush = 300
	db := testkit.Postgres(t)
	s := db.Chat()
	d := chat.Directory{By: "crm", Projects: []chat.DirectoryProject{{ID: "p1", Name: "Relaunch"}}}
	for i := range rush / 3 {
		d.Projects[0].MemberIDs = append(d.Projects[0].MemberIDs, fmt.Sprint("u", i))
	}
	if _, err := s.ApplyDirectory(t.Context(), d, id.New); err != nil {
		t.Fatal(err)
	}
	var (
		mu     sync.Mutex
		pushes = make(map[string][]chat.MembersAdded)
		wait   sync.WaitGroup
	)
	for i := range rush {
		wait.Go(func() {
			u := chat.User{ID: fmt.Sprint("u", i), Name: "U", Role: "user", Internal: true}
			recorded, err := s.UpsertUser(t.Context(), u)
			if err != nil {
				t.Error(err)
			}
			if seqs, err := s.EventSeqs(t.Context(), u.ID, true); err != nil || len(seqs) != 1 && i >= rush/3 || len(seqs) != 2 && i < rush/3 {
				t.Errorf("%s begins in %v, %v", u.ID, seqs, err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, push := range recorded.Joined {
				pushes[push.ChannelID] = append(pushes[push.ChannelID], push)
			}
		})
	}
	wait.Wait()
	positions := make(map[string]int64)
	for channelID, list := range pushes {
		most := 0
		for _, push := range list {
			positions[channelID] = max(positions[channelID], push.EventSeq)
			most = max(most, push.ParticipantCount)
		}
		if int64(len(list)) != positions[channelID] || len(list) > 30 {
			t.Errorf("%d pushes up to change %d", len(list), positions[channelID])
		}
		if most != rush && most != rush/3 {
			t.Errorf("%d members in the end", most)
		}
	}
	if seqs, err := s.EventSeqs(t.Context(), "u0", true); err != nil || len(seqs) != 2 || fmt.Sprint(seqs) != fmt.Sprint(positions) {
		t.Errorf("told up to %v of %v, %v", positions, seqs, err)
	}
}

// Who comes while the database is being closed is told so, and nobody is left half in.
func TestNobodyEntersWhatIsClosed(t *testing.T) {
	db := open(t, testkit.PostgresURL(t))
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := db.Chat()
	var coming sync.WaitGroup
	for i := range 50 {
		coming.Go(func() {
			u := chat.User{ID: fmt.Sprint("u", i), Name: "U", Role: "user", Internal: true}
			if _, err := s.UpsertUser(t.Context(), u); err != nil && fault.KindOf(err) != fault.Unavailable {
				t.Error(err)
			}
		})
	}
	db.Close()
	coming.Wait()
}
