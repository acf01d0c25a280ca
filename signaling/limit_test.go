package signaling_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/sioclient"
	"github.com/digierapro/parley/signaling"
)

func limited(c *signaling.Config, _ *call.Limits) {
	c.Limits = signaling.NewLimits(signaling.LimitConfig{MessagesPerSecond: 2, MessageBurst: 10, ConnectsPerAddress: 60})
}

// tryUntilLimited does something until it is refused as too much, and gives how often it was not.
func tryUntilLimited(t *testing.T, most int, try func(i int) error) (done int) {
	t.Helper()
	for i := range most {
		err := try(i)
		if failure, ok := err.(*sioclient.Error); ok && failure.Code == "rate_limited" {
			if failure.RetryMs <= 0 {
				t.Errorf("it is not said when to come back: %+v", failure)
			}
			return done
		}
		must(t, err)
		done++
	}
	t.Fatalf("%d are not too many", most)
	return done
}

func TestManySocketsDoNotHelpAgainstTheLimit(t *testing.T) {
	e := newEdge(t, limited)
	devices := []*device{e.connect(insider("alice")), e.connect(insider("alice")), e.connect(insider("alice"))}
	bob := e.connect(insider("bob"))
	general := e.general(bob.who)
	message := func(i int) map[string]any {
		return map[string]any{"channelId": general, "message": fmt.Sprint(i), "clientId": fmt.Sprint("c", i)}
	}
	began := time.Now()
	n := tryUntilLimited(t, 40, func(i int) error { return devices[i%3].Request(within(t), "sendMessage", message(i), nil) })
	if most := 10 + 2*int(time.Since(began)/time.Second+1); n < 10 || n > most {
		t.Errorf("%d messages of one user at once, want 10", n)
	}
	if status, _, code := rest[any](e, devices[0].who, "POST", "/api/communications", message(n)); status != http.StatusTooManyRequests || code != "rate_limited" {
		t.Errorf("over REST: %d %s", status, code)
	}
	send(bob, general, "I am another", "c0")
}

// Whoever did not get the answer to a message asks again, and gets it whatever they have sent since.
func TestARepeatedSendIsNotRefusedForItsRate(t *testing.T) {
	e := newEdge(t, limited)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	message := func(i int) map[string]any {
		return map[string]any{"channelId": general, "message": fmt.Sprint(i), "clientId": fmt.Sprint("c", i)}
	}
	n := tryUntilLimited(t, 40, func(i int) error { return alice.Request(within(t), "sendMessage", message(i), nil) })
	for i := range n {
		if got := request[chat.Receipt](alice, "sendMessage", message(i)); !got.Duplicate || got.Seq != int64(i+1) {
			t.Fatalf("%+v", got)
		}
	}
	if status, got, _ := rest[chat.Receipt](e, alice.who, "POST", "/api/communications", message(0)); status != http.StatusOK || !got.Duplicate {
		t.Fatalf("over REST: %d %+v", status, got)
	}
	repeats := tryUntilLimited(t, 200, func(int) error { return alice.Request(within(t), "sendMessage", message(0), nil) })
	if repeats < 20 {
		t.Errorf("only %d repetitions", repeats)
	}
}

// Each entering and leaving is a line in the channel: they are no way around the limit of messages.
func TestNobodyFloodsAChannelByEnteringAndLeaving(t *testing.T) {
	e := newEdge(t, limited)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Open"})
	entered := tryUntilLimited(t, 100, func(int) error {
		if err := bob.Request(within(t), "becomeMember", ch.ID, nil); err != nil {
			return err
		}
		return bob.Request(within(t), "removeMember", map[string]any{"channelId": ch.ID, "userId": "bob"}, nil)
	})
	if entered < 5 || entered > 15 {
		t.Errorf("entered and left %d times at once", entered)
	}
	if status, _, code := rest[any](e, bob.who, "POST", "/api/channels/"+ch.ID+"/join", nil); status != http.StatusTooManyRequests {
		t.Errorf("over REST: %d %s", status, code)
	}
}

func TestWhatElseIsLimited(t *testing.T) {
	e := newEdge(t, limited)
	alice := e.connect(insider("alice"))
	general := e.general(alice.who)
	m := send(alice, general, "hello", "c1")
	for _, tt := range []struct {
		event string
		arg   any
		least int
	}{
		{"editMessage", map[string]any{"messageId": m.MessageID, "message": "hello"}, 5},
		{"addReaction", map[string]any{"messageId": m.MessageID, "emoji": "👍"}, 10},
		{"createChannel", map[string]any{"channelType": "project", "name": "One more"}, 30},
		{"initiateCall", map[string]any{"channelId": general, "callType": "voice"}, 6},
		{"heartbeat", nil, 100},
	} {
		if n := tryUntilLimited(t, 5000, func(int) error { return alice.Request(within(t), tt.event, tt.arg, nil) }); n < tt.least {
			t.Errorf("%s: limited after %d", tt.event, n)
		}
	}
	n := 0
	for ; n < 5000; n++ {
		if status, _, _ := rest[any](e, alice.who, "GET", "/api/me", nil); status == http.StatusTooManyRequests {
			break
		}
	}
	if n < 200 || n == 5000 {
		t.Errorf("%d requests over REST", n)
	}
}

// Reading an offer of many sections takes milliseconds, whether it is taken or refused.
func TestOffersAreLimited(t *testing.T) {
	e := newEdge(t, limited)
	alice := e.connect(insider("alice"))
	offer := map[string]any{"callId": "000000000000000000000000", "type": "offer", "sdp": "v=0"}
	n := tryUntilLimited(t, 200, func(int) error {
		err := alice.Request(within(t), "webrtc:offer", offer, nil)
		if failure, ok := err.(*sioclient.Error); ok && failure.Code == "not_in_call" {
			return nil
		}
		return err
	})
	if n < 20 {
		t.Errorf("limited after %d offers", n)
	}
	if status, _, code := rest[any](e, alice.who, "POST", "/api/calls/000000000000000000000000/whip", offer); status != http.StatusTooManyRequests {
		t.Errorf("by WHIP: %d %s", status, code)
	}
}

func TestConnectsAreLimitedByUserAndByAddress(t *testing.T) {
	e := newEdge(t, limited)
	dial := func(token string) error {
		c, err := sioclient.Dial(within(t), e.url+signaling.SocketPath, sioclient.Options{Token: token})
		if err == nil {
			c.Close()
		}
		return err
	}
	refusedAsTooMany := func(err error) bool {
		return err != nil && (strings.Contains(err.Error(), "too much at once") || strings.Contains(err.Error(), "bad handshake"))
	}
	token, connects := e.token(insider("alice"), time.Hour), 0
	for ; connects < 40; connects++ {
		if err := dial(token); refusedAsTooMany(err) {
			break
		} else {
			must(t, err)
		}
	}
	if connects < 20 || connects == 40 {
		t.Errorf("alice connected %d times", connects)
	}
	for i := range 100 { // a company behind one address
		must(t, dial(e.token(insider(fmt.Sprint("user", i)), time.Hour)))
	}
	guesses := 0
	for ; guesses < 200; guesses++ {
		if err := dial("no token"); refusedAsTooMany(err) {
			break
		}
	}
	if guesses < 30 || guesses > 80 {
		t.Errorf("%d bad tokens from one address", guesses)
	}
}

// What is limited for the sake of others counts on all nodes together; while they cannot ask each other, on each.
func TestLimitsOnSeveralNodes(t *testing.T) {
	n := newNodes(t, func(cfg *signaling.Config, _ *call.Limits) {
		cfg.Limits = signaling.NewLimits(signaling.LimitConfig{MessagesPerSecond: 1, MessageBurst: 4, ConnectsPerAddress: 100})
	})
	devices := []*device{n.first.connect(insider("alice")), n.second.connect(insider("alice"))}
	general := n.first.general(insider("alice"))
	write := func(i int, id string) error {
		return devices[i].Request(within(t), "sendMessage", map[string]any{"channelId": general, "message": "x", "clientId": id}, nil)
	}
	sent := 0
	for i := range 10 {
		if write(i%2, fmt.Sprint("a", i)) == nil {
			sent++
		}
	}
	if sent < 4 || sent > 6 { // one more a second, on a slow machine
		t.Errorf("%d were sent", sent)
	}
	n.redis.Kill()
	n.heard(false)
	waitFor(t, "somebody writes without what all nodes count", func() bool { return write(0, "b") == nil })
}
