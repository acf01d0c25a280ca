package redis

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/internal/testkit/bustest"
)

func TestContract(t *testing.T) {
	url := testkit.Redis(t).URL()
	bustest.Run(t, func(t *testing.T) []bus.Bus {
		name := newName()
		return []bus.Bus{open(t, url, name), open(t, url, name), open(t, url, name)}
	})
}

// Installations that share a Redis hear nothing of each other, by their names or by their database numbers.
func TestInstallationsAreApart(t *testing.T) {
	url, name := testkit.Redis(t).URL(), newName()
	a, other := open(t, url, name), open(t, url, newName())
	numbered := open(t, strings.TrimSuffix(url, "/0")+"/3", name)
	first, second, own := record(t, other, bus.User("alice")), record(t, numbered, bus.User("alice")), record(t, open(t, url, name), bus.User("alice"))
	publish(t, a, bus.User("alice"), "secret")
	wants(t, own, "secret")
	publish(t, other, bus.User("alice"), "theirs")
	wants(t, first, "theirs")
	publish(t, numbered, bus.User("alice"), "numbered")
	wants(t, second, "numbered")
}

// Without Redis a node hears itself, at once, and nobody waits; what was published meanwhile is told when Redis comes.
func TestANodeBeforeRedis(t *testing.T) {
	server, name := testkit.Redis(t), newName()
	server.Kill()
	a, b := start(t, server.URL(), name), start(t, server.URL(), name)
	here := record(t, a, bus.Channel("x")) // settles although nothing answers
	publish(t, a, bus.Channel("x"), "first")
	if len(here) != 1 || a.Up() {
		t.Fatalf("%d events, up is %v", len(here), a.Up())
	}
	there, lost := record(t, b, bus.Channel("x")), record(t, b, bus.Losses())
	server.Start()
	wants(t, lost, bus.EventLost) // so that b asks for what came too early for it
	becomes(t, a, true)
	becomes(t, b, true)
	publish(t, a, bus.Channel("x"), "last")
	wantsAtLast(t, there, "last")
}

// When Redis dies and comes back, both nodes are told that something may be missing, hear themselves all the time, and
// then each other again.
func TestRedisDiesAndComesBack(t *testing.T) {
	server, a, b := openTwo(t)
	here, there := record(t, a, bus.Channel("x")), record(t, b, bus.Channel("x"))
	lost := record(t, b, bus.Losses())
	publish(t, a, bus.Channel("x"), "before")
	wants(t, here, "before")
	wants(t, there, "before")
	for round := range 2 {
		server.Kill()
		wants(t, lost, bus.EventLost)
		becomes(t, b, false)
		for range 100 {
			publish(t, a, bus.Channel("x"), "meanwhile")
			wants(t, here, "meanwhile")
		}
		becomes(t, a, false)
		server.Start()
		becomes(t, a, true)
		becomes(t, b, true)
		late := record(t, b, bus.Channel("y")) // subscribed on the new connection
		publish(t, a, bus.Channel("y"), "late")
		wants(t, late, "late")
		publish(t, a, bus.Channel("x"), "after")
		wants(t, here, "after")
		wantsAtLast(t, there, "after") // some of the others, or none
		if s := b.Stats(); s.Reconnects < uint64(round+1) || s.Waiting != 0 {
			t.Errorf("%+v", s)
		}
	}
	if s := a.Stats(); s.Dropped[Connection] == 0 && s.Published < 202 {
		t.Errorf("%+v", s)
	}
}

// A Redis that hangs is noticed without its connections breaking.
func TestRedisHangs(t *testing.T) {
	server, a, b := openTwo(t)
	there := record(t, b, bus.Channel("x"))
	server.Freeze()
	publish(t, a, bus.Channel("x"), "into the ice")
	becomes(t, a, false)
	becomes(t, b, false)
	server.Thaw()
	becomes(t, a, true)
	becomes(t, b, true)
	publish(t, a, bus.Channel("x"), "after")
	wantsAtLast(t, there, "after")
}

// What does not fit into the queue is dropped and counted, publishers go on, and the other nodes learn that they miss
// something.
func TestAFullQueueDropsAndSaysSo(t *testing.T) {
	server, a, b := openTwo(t)
	here, lost := record(t, a, bus.Channel("x")), record(t, b, bus.Losses())
	server.Freeze()
	began := time.Now()
	for range maxWaiting + 1000 {
		publish(t, a, bus.Channel("x"), "x")
		<-here
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("publishers waited for %v", took)
	}
	s := a.Stats()
	if s.Dropped[QueueFull] < 1000-maxBatch || s.Waiting > maxWaiting {
		t.Errorf("%+v", s)
	}
	server.Thaw()
	wants(t, lost, bus.EventLost)
	becomes(t, a, true)
	there := record(t, b, bus.Channel("y"))
	publish(t, a, bus.Channel("y"), "after")
	wants(t, there, "after")
	if err := a.Publish(t.Context(), bus.Channel("x"), bus.Event{Name: "x", Data: []byte(strings.Repeat("1", maxWaitingBytes))}); err != nil {
		t.Error(err)
	}
	if now := a.Stats(); now.Dropped[QueueFull] != s.Dropped[QueueFull]+1 {
		t.Errorf("%+v after %+v", now, s)
	}
}

// Whoever can write to Redis but does not speak as we do is counted and not heard.
func TestForeignMessages(t *testing.T) {
	server, name := testkit.Redis(t), newName()
	a := open(t, server.URL(), name)
	heard := record(t, a, bus.Channel("x"))
	channel := a.prefix + bus.Channel("x")
	for _, message := range []string{"", "\x02future", "hello", string([]byte{version, 1, 2}), string(encode(nil, nodeID{1}, bus.Event{Name: "x", Data: []byte("{")}))} {
		server.Do("PUBLISH", channel, message)
	}
	server.Do("PUBLISH", channel, string(encode(nil, nodeID{1}, bus.Event{Name: "good", Data: []byte("{}")})))
	wants(t, heard, "good")
	if s := a.Stats(); s.Dropped[OtherVersion] != 3 || s.Dropped[Malformed] != 2 || s.Received != 1 {
		t.Errorf("%+v", s)
	}
}

// Redis is asked for what somebody hears, and no longer.
func TestTopicsThatNobodyHearsAreGivenUp(t *testing.T) {
	server, name := testkit.Redis(t), newName()
	a := open(t, server.URL(), name)
	var stops []func()
	for i := range 3 * atOnce {
		stops = append(stops, a.Subscribe(bus.Channel(fmt.Sprint(i)), func(bus.Event) {}))
	}
	a.Settle(t.Context())
	numbers := func() string { return server.Do("EVAL", "return #redis.call('PUBSUB', 'CHANNELS')", "0") }
	if n := numbers(); n != fmt.Sprintf(":%d", 3*atOnce) || a.Stats().Topics != 3*atOnce {
		t.Errorf("%s channels, %+v", n, a.Stats())
	}
	for _, stop := range stops {
		stop()
	}
	a.Settle(t.Context())
	if n := numbers(); n != ":0" || a.Stats().Topics != 0 {
		t.Errorf("%s channels are left", n)
	}
}

// What was published before a node stops still reaches the others.
func TestLastWords(t *testing.T) {
	url, name := testkit.Redis(t).URL(), newName()
	there := record(t, open(t, url, name), bus.Channel("x"))
	t.Run("a node that stops", func(t *testing.T) {
		a := open(t, url, name)
		for range 1000 {
			publish(t, a, bus.Channel("x"), "word")
		}
	})
	for range 1000 {
		wants(t, there, "word")
	}
}

func TestRefusedByRedis(t *testing.T) {
	server := testkit.Redis(t)
	for _, url := range []string{"redis://" + server.Addr(), "redis://:wrong@" + server.Addr()} {
		b := start(t, url, newName())
		here := record(t, b, bus.Channel("x"))
		publish(t, b, bus.Channel("x"), "x")
		wants(t, here, "x")
		if b.Up() {
			t.Errorf("%s is up", url)
		}
	}
	if _, err := New(Config{URL: "redis://:hunter2@h:x y", Name: "x", Logger: testkit.Logger(t)}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Error(err)
	}
	if _, err := New(Config{URL: server.URL()}); err == nil {
		t.Error("a bus without a name")
	}
}
