package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/testkit"
)

var interleavingSeed = flag.Uint64("interleaving.seed", 0, "the seed of TestOldStateAndChangesAreTheFreshState; a new one when 0")

const (
	lives        = 6  // of the server, in the test
	actsPerLife  = 60 // of each actor, unless the server is killed before
	networkLoses = 10 // one push in so many
)

// TestOldStateAndChangesAreTheFreshState: two clients, who change everything that can be changed at the same time, lose
// pushes and connections; a server that is killed again and again. What the clients know by pushes and syncs is what a client
// sees that begins with nothing.
func TestOldStateAndChangesAreTheFreshState(t *testing.T) {
	seed := *interleavingSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("to repeat it: -interleaving.seed=%d", seed)
	s := newStory(t, rand.New(rand.NewPCG(seed, 1)))
	for life := range lives {
		s.live(life < lives-1)
	}
	for _, r := range s.replicas {
		for _, kind := range append(slices.Collect(maps.Keys(appliers)), manyAdded, chat.EventPeopleChanged) {
			if !s.replicas[0].kinds[kind] && !s.replicas[1].kinds[kind] {
				t.Errorf("no %s happened", kind)
			}
		}
		r.disconnect()
	}
	t.Logf("done: %v", s.done)
}

// story is one run: the people, what they do, and the server that is killed under them.
type story struct {
	t        *testing.T
	database string
	dir      string
	server   *process
	replicas []*replica
	actors   []*actor
	room     string

	random   *rand.Rand
	nextKill int // when so much was done

	mu   sync.Mutex
	done map[string]int
}

func newStory(t *testing.T, random *rand.Rand) *story {
	s := &story{t: t, database: "--database.url=" + testkit.EmptyPostgresURL(t), dir: dataFolder(t), random: random, done: make(map[string]int)}
	s.server = startServer(t, s.dir, s.database)
	for _, userID := range []string{"carol", "alice", "bob"} {
		s.server.connect(userID).Close() // so that it is known
	}
	var made struct{ Channel chat.Channel }
	_, err := ask(within(t), t, s.server, "alice", "POST", "/api/channels",
		map[string]any{"channelType": "project", "name": "Room", "memberIds": []string{"bob"}}, &made)
	if err != nil || made.Channel.ID == "" {
		t.Fatalf("no channel: %v", err)
	}
	s.room = made.Channel.ID
	for i, userID := range []string{"alice", "bob"} {
		luck := rand.New(rand.NewPCG(random.Uint64(), uint64(i)))
		s.replicas = append(s.replicas, newReplica(t, userID, func() bool { return luck.IntN(networkLoses) == 0 })) // under its lock
		s.actors = append(s.actors, &actor{story: s, userID: userID, replica: s.replicas[i], random: rand.New(rand.NewPCG(random.Uint64(), uint64(i)))})
	}
	return s
}

// live lets everybody act until they are done or the server is killed, starts it again, and compares.
func (s *story) live(killed bool) {
	for _, r := range s.replicas {
		if err := r.connect(within(s.t), s.server); err != nil {
			s.t.Fatal(err)
		}
	}
	s.nextKill = s.count() + actsPerLife/2 + s.random.IntN(actsPerLife)
	acts := actsPerLife
	if killed {
		acts = 10 * actsPerLife // the end comes before
	}
	var acting sync.WaitGroup
	for _, a := range s.actors {
		acting.Go(func() { a.act(within(s.t), acts) })
	}
	if killed {
		eventually(s.t, "enough happens before the kill", func() bool { return s.count() >= s.nextKill })
		s.server.signal(syscall.SIGKILL)
		s.server.exits()
	}
	acting.Wait()
	if killed {
		s.server = startServer(s.t, s.dir, s.database)
		for _, r := range s.replicas {
			r.disconnect()
			if err := r.connect(within(s.t), s.server); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	for _, r := range s.replicas {
		s.compare(r)
		r.disconnect()
	}
}

func (s *story) count() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.done {
		n += times
	}
	return n
}

// compare holds what a replica knows against the server. What comes late is waited for by asking again.
func (s *story) compare(r *replica) {
	s.t.Helper()
	ctx := within(s.t)
	if err := r.sync(ctx, s.server); err != nil {
		s.t.Fatal(err)
	}
	for r.isBehind() {
		if err := r.sync(ctx, s.server); err != nil {
			s.t.Fatal(err)
		}
	}
	var mine struct{ Channels []chat.Channel }
	if _, err := ask(ctx, s.t, s.server, r.userID, "GET", "/api/channels", nil, &mine); err != nil {
		s.t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ch := range mine.Channels {
		if r.channels[ch.ID] == nil {
			s.t.Errorf("%s does not know %s", r.userID, ch.Name)
		}
	}
	for channelID, known := range r.channels { // also what is archived by now
		fresh, err := fetchChannel(ctx, s.t, s.server, r.userID, channelID)
		if err != nil {
			s.t.Fatal(channelID, err)
		}
		if fresh == nil {
			s.t.Errorf("%s knows %q, and is not in it", r.userID, known.Settings.Name)
			continue
		}
		if difference := known.differs(fresh, r.looks); difference != "" {
			s.t.Errorf("%s, %q:\n%s", r.userID, known.Settings.Name, difference)
		}
	}
}

// actor is somebody who does everything that there is to do, again and again, in an order of their own.
type actor struct {
	story   *story
	userID  string
	replica *replica
	random  *rand.Rand
	written int
	hired   int
}

// act does n things, or what can be done before the server ends.
func (a *actor) act(ctx context.Context, n int) {
	var order []string
	for range n {
		if len(order) == 0 {
			for name := range acts {
				order = append(order, name)
			}
			a.random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		name := order[0]
		order = order[1:]
		method, path, body := acts[name](a)
		if path == "" {
			continue
		}
		who := a.userID
		if strings.HasPrefix(path, "/api/directory/") {
			who = "crm"
		}
		status, err := ask(ctx, a.story.t, a.story.server, who, method, path, body, nil)
		if err != nil {
			return // it was killed
		}
		if status == 200 {
			a.story.mu.Lock()
			a.story.done[name]++
			a.story.mu.Unlock()
		}
		if a.replica.isBehind() && a.random.IntN(3) == 0 && a.replica.sync(ctx, a.story.server) != nil {
			return
		}
		if a.random.IntN(25) == 0 {
			a.replica.disconnect()
			if a.replica.connect(ctx, a.story.server) != nil {
				return
			}
		}
	}
}

// message picks a message that the actor knows; the zero one when there is none.
func (a *actor) message(fits func(m chat.Message) bool) chat.Message {
	a.replica.mu.Lock()
	defer a.replica.mu.Unlock()
	ch := a.replica.channels[a.story.room]
	if ch == nil {
		return chat.Message{}
	}
	var latest chat.Message
	for _, m := range ch.Messages {
		if fits(m) && m.Seq > latest.Seq && (latest.Seq == 0 || a.random.IntN(3) == 0) {
			latest = m
		}
	}
	return latest
}

func (a *actor) text() string {
	a.written++
	return a.userID + " " + strconv.Itoa(a.written) + " @alice"
}

type deed func(a *actor) (method, path string, body any)

// about is a deed that needs a message.
func about(fits func(a *actor, m chat.Message) bool, do func(a *actor, m chat.Message) (string, string, any)) deed {
	return func(a *actor) (string, string, any) {
		m := a.message(func(m chat.Message) bool { return m.Type == chat.Text && !m.Deleted && fits(a, m) })
		if m.ID == "" {
			return "", "", nil
		}
		return do(a, m)
	}
}

func anyMessage(*actor, chat.Message) bool { return true }

func ownMessage(a *actor, m chat.Message) bool { return m.Sender.ID == a.userID }

func (a *actor) send(more map[string]any) (string, string, any) {
	body := map[string]any{"channelId": a.story.room, "message": a.text(), "mentions": []string{"alice"}}
	for name, value := range more {
		body[name] = value
	}
	return "POST", "/api/communications", body
}

func update(change func(a *actor) map[string]any) deed {
	return func(a *actor) (string, string, any) { return "PUT", "/api/channels/" + a.story.room, change(a) }
}

func participant(method, userID string, body func(a *actor) any) deed {
	return func(a *actor) (string, string, any) {
		return method, "/api/channels/" + a.story.room + "/participants/" + userID, body(a)
	}
}

func nothing(*actor) any { return nil }

// roleOf is the other role than the one that the actor knows somebody in.
func roleOf(userID string) func(a *actor) any {
	return func(a *actor) any {
		a.replica.mu.Lock()
		defer a.replica.mu.Unlock()
		role := chat.Admin
		if ch := a.replica.channels[a.story.room]; ch != nil && ch.Members[userID] == chat.Admin {
			role = chat.PlainMember
		}
		return map[string]any{"role": role}
	}
}

// hire makes more people members of the general channel than one push names. It is done twice by each actor.
func hire(a *actor) (string, string, any) {
	if a.hired == 2 {
		return "", "", nil
	}
	a.hired++
	var users []map[string]any
	for i := range 101 {
		users = append(users, map[string]any{"id": fmt.Sprint(a.userID, "'s ", a.hired, " ", i), "name": "New"})
	}
	return "POST", "/api/directory/bulk", map[string]any{"users": users}
}

// acts are all that changes a channel. What somebody may not do, or what changes nothing, is done all the same.
var acts = map[string]deed{
	"send":       func(a *actor) (string, string, any) { return a.send(nil) },
	"send again": func(a *actor) (string, string, any) { return a.send(nil) },
	"reply": about(func(_ *actor, m chat.Message) bool { return m.ParentID == "" },
		func(a *actor, m chat.Message) (string, string, any) {
			return a.send(map[string]any{"parentMessageId": m.ID})
		}),
	"quote": about(anyMessage, func(a *actor, m chat.Message) (string, string, any) {
		return a.send(map[string]any{"quoteMessageId": m.ID})
	}),
	"edit": about(ownMessage, func(a *actor, m chat.Message) (string, string, any) {
		return "PUT", "/api/communications/" + m.ID, map[string]any{"message": a.text()}
	}),
	"delete": about(ownMessage, func(_ *actor, m chat.Message) (string, string, any) {
		return "DELETE", "/api/communications/" + m.ID, nil
	}),
	"react": about(anyMessage, func(a *actor, m chat.Message) (string, string, any) {
		return "POST", "/api/communications/reactions", map[string]any{"messageId": m.ID, "emoji": []string{"👍", "🎉"}[a.random.IntN(2)], "on": true}
	}),
	"react no more": about(func(a *actor, m chat.Message) bool { return len(m.Reactions) > 0 && m.Reactions[0].UserID == a.userID },
		func(_ *actor, m chat.Message) (string, string, any) {
			return "POST", "/api/communications/reactions", map[string]any{"messageId": m.ID, "emoji": m.Reactions[0].Emoji, "on": false}
		}),
	"pin": about(anyMessage, func(a *actor, m chat.Message) (string, string, any) {
		return "POST", "/api/channels/" + a.story.room + "/pins", map[string]any{"messageId": m.ID, "on": !m.Pinned}
	}),
	"rename":   update(func(a *actor) map[string]any { return map[string]any{"name": fmt.Sprint("Room ", a.random.IntN(5))} }),
	"describe": update(func(a *actor) map[string]any { return map[string]any{"description": a.text()} }),
	"rename bob": func(a *actor) (string, string, any) {
		return "PUT", "/api/directory/users/bob", map[string]any{"name": fmt.Sprint("Bob ", a.random.IntN(5))}
	},
	"archive":   update(func(*actor) map[string]any { return map[string]any{"isArchived": true} }),
	"restore":   update(func(*actor) map[string]any { return map[string]any{"isArchived": false} }),
	"restore 2": update(func(*actor) map[string]any { return map[string]any{"isArchived": false} }),
	"add": func(a *actor) (string, string, any) {
		return "POST", "/api/channels/" + a.story.room + "/participants", map[string]any{"userIds": []string{"carol"}}
	},
	"remove":        participant("DELETE", "carol", nothing),
	"leave":         participant("DELETE", "bob", nothing),
	"role of bob":   participant("PUT", "bob", roleOf("bob")),
	"role of carol": participant("PUT", "carol", roleOf("carol")),
	"hire":          hire,
	"join":          func(a *actor) (string, string, any) { return "POST", "/api/channels/" + a.story.room + "/join", nil },
	"join again":    func(a *actor) (string, string, any) { return "POST", "/api/channels/" + a.story.room + "/join", nil },
}
