package signaling_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/sfu/transport"
)

// seesAs waits until the device is told that somebody looks so to others.
func (d *device) seesAs(userID, name, picture string) {
	d.edge.t.Helper()
	want, began := chat.Person{ID: userID, Name: name, AvatarURL: picture}, time.Now()
	expect(d, "peopleChanged", func(c chat.PeopleChanged) bool { return !c.Reset && slices.Contains(c.People, want) })
	if took := time.Since(began); took > acrossTime {
		d.edge.t.Errorf("%s sees %s so after %v", d.who.UserID, userID, took)
	}
}

// missed gives whom a sync names of those who look otherwise since a change.
func (d *device) missed(since int64) chat.SyncAnswer {
	d.edge.t.Helper()
	return request[chat.SyncAnswer](d, "sync", map[string]any{"epoch": d.ready.Epoch, "channels": map[string]int64{}, "peopleSeq": since})
}

func namesOf(people []chat.Person) (names []string) {
	for _, p := range people {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

func looks(name, picture string) map[string]any {
	return map[string]any{"name": name, "avatarUrl": picture}
}

// A new name or picture is told to all who work here, and of others to those who share a channel that is not internal; who was
// away is told by a sync.
func TestHowPeopleLookIsTold(t *testing.T) {
	e := newEdge(t)
	mia, bob, acme, other := e.connect(manager("mia")), e.connect(insider("bob")), e.connect(outsider("acme")), e.connect(outsider("other"))
	mia.makes(map[string]any{"name": "With Acme", "isInternal": false, "memberIds": []string{"acme"}})
	before := bob.ready.PeopleSeq

	const picture = "https://crm.example.com/mia.png"
	e.directory("PUT", "users/mia", map[string]any{"name": "Mia Miller", "avatarUrl": picture, "role": "manager"})
	for _, d := range []*device{mia, bob, acme} {
		d.seesAs("mia", "Mia Miller", picture)
	}
	bobs := bob.who
	bobs.Name = "Robert"
	e.connect(bobs)
	for _, d := range []*device{mia, bob} {
		d.seesAs("bob", "Robert", "")
	}
	if got := bob.missed(before); !slices.Equal(namesOf(got.People), []string{"Mia Miller", "Robert"}) || got.PeopleSeq <= before {
		t.Errorf("who works here and was away: %+v", got)
	}
	if got := acme.missed(before); !slices.Equal(namesOf(got.People), []string{"Mia Miller"}) {
		t.Errorf("from outside, in a channel with one of them: %+v", got)
	}
	if got := other.missed(before); len(got.People) != 0 {
		t.Errorf("from outside, in none: %+v", got)
	}
	last := bob.missed(before).PeopleSeq
	if got := bob.missed(last); len(got.People) != 0 || got.PeopleSeq != last {
		t.Errorf("who missed nothing: %+v", got)
	}
	if late := e.connect(insider("late")); late.ready.PeopleSeq != last {
		t.Errorf("who comes begins at %d, after %d", late.ready.PeopleSeq, last)
	}
	if n := acme.inbox.Count("peopleChanged") + other.inbox.Count("peopleChanged"); n != 0 {
		t.Errorf("from outside they are told of others: %d", n)
	}
}

// Whom the directory describes is called as it says, by themselves and in what they do, whatever their tokens say.
func TestTheDirectorysNameIsUsed(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	e.directory("PUT", "users/alice", map[string]any{"name": "Alice Miller", "avatarUrl": "https://crm.example.com/a.png", "department": "Sales"})
	is := func(u chat.User) bool {
		return u.Name == "Alice Miller" && u.AvatarURL == "https://crm.example.com/a.png" && u.Department == "Sales"
	}
	expect(alice, "userChanged", func(c userChanged) bool { return is(c.User) })
	if _, me, _ := rest[chat.User](e, alice.who, "GET", "/api/me", nil); !is(me) {
		t.Errorf("me: %+v", me)
	}
	if again := e.connect(alice.who); !is(again.ready.User) {
		t.Errorf("connected anew: %+v", again.ready.User)
	}
	request[any](alice, "typing:start", map[string]any{"channelId": dm})
	expect(bob, "typing:started", func(p struct{ UserName string }) bool { return p.UserName == "Alice Miller" })
	start(alice, dm)
	expect(bob, "incomingCall", func(c struct{ InitiatorName string }) bool { return c.InitiatorName == "Alice Miller" })
	e.directory("PUT", "users/alice", map[string]any{"name": "Alice Miller", "avatarUrl": "https://crm.example.com/a.png", "department": "Sales"})
	e.directory("PUT", "users/alice", map[string]any{"name": "Alice", "department": "Sales"})
	expect(alice, "userChanged", func(c userChanged) bool { return c.User.Name == "Alice" })
	if n := alice.inbox.Count("userChanged"); n != 0 {
		t.Errorf("the same again is told: %d", n)
	}
}

// Who is no longer internal is told no more how people look, and who is again, is.
func TestWhoIsLoweredDoesNotHearOfPeople(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	e.directory("PUT", "users/alice", employee("Alice", "", "client"))
	alice.becomes("client", false)
	e.directory("PUT", "users/bob", employee("Bob Between", "", "user"))
	bob.seesAs("bob", "Bob Between", "")
	e.directory("PUT", "users/alice", employee("Alice", "", "user"))
	alice.becomes("user", true)
	e.directory("PUT", "users/bob", employee("Bob After", "", "user"))
	if first := expect[chat.PeopleChanged](alice, "peopleChanged", nil); !slices.Equal(namesOf(first.People), []string{"Bob After"}) {
		t.Errorf("who was lowered hears %+v", first)
	}
}

// Many are told in several pushes, and too many by the word to fetch them anew.
func TestHowManyPeopleLookIsTold(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	users := func(n int, name string) {
		list := make([]map[string]any, 0, n)
		for i := range n {
			list = append(list, map[string]any{"id": fmt.Sprint("u", i), "name": fmt.Sprint(name, i)})
		}
		e.directory("POST", "bulk", map[string]any{"users": list})
	}
	users(1001, "First ")
	users(250, "Second ")
	seen := make(map[string]bool)
	for len(seen) < 250 {
		for _, p := range expect[chat.PeopleChanged](alice, "peopleChanged", nil).People {
			seen[p.Name] = true
		}
	}
	if !seen["Second 0"] || !seen["Second 249"] {
		t.Error("not all are told")
	}
	if got := alice.missed(alice.ready.PeopleSeq); !got.PeopleReset || len(got.People) != 0 {
		t.Errorf("a sync of more than it tells: %+v", got)
	}
	users(1001, "Third ")
	if got := expect[chat.PeopleChanged](alice, "peopleChanged", nil); !got.Reset || len(got.People) != 0 {
		t.Errorf("more than are told: %d, reset %v", len(got.People), got.Reset)
	}
	e.directory("PUT", "users/u0", employee("Fourth", "", "user"))
	alice.seesAs("u0", "Fourth", "")
}

func TestHowPeopleLookOnAllNodes(t *testing.T) {
	n := newNodes(t)
	alice := n.second.connect(insider("alice"))
	n.first.connect(insider("bob"))
	n.first.directory("PUT", "users/bob", looks("Robert", "https://crm.example.com/bob.png"))
	alice.seesAs("bob", "Robert", "https://crm.example.com/bob.png")
}

func TestHowPeopleLookWithoutABusBetween(t *testing.T) {
	first := newEdge(t)
	first.connect(insider("bob"))
	alice := newEdgeOn(t, first.dbURL, transport.Timeouts{}).connect(insider("alice"))
	first.directory("PUT", "users/bob", looks("Robert", ""))
	expect(alice, "peopleChanged", func(c chat.PeopleChanged) bool { return slices.Contains(namesOf(c.People), "Robert") })
}
