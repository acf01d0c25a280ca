package signaling_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/signaling"
)

// newSender is newWhatBecomes with a server that does jobs, and another one beside it that does them too.
func newSender(t *testing.T) whatBecomes {
	var service *chat.Service
	e := newEdge(t, func(cfg *signaling.Config, _ *call.Limits) { service = cfg.Chat })
	runJobs(t, e, service)
	runJobs(t, e, chat.New(e.db.Chat(), bus.NewLocal(), testkit.Logger(t)))
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	return whatBecomes{e, alice, bob, e.dm(alice.who, "bob")}
}

func runJobs(t *testing.T, e *edge, service *chat.Service) {
	jobs, err := e.db.Jobs(service.Sending())
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- jobs.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
	})
}

func schedule(d *device, channelID, text, clientID string, at time.Time) chat.Scheduled {
	d.edge.t.Helper()
	return request[chat.ScheduledPush](d, "scheduleMessage", map[string]any{
		"channelId": channelID, "message": text, "clientId": clientID, "sendAt": at}).Scheduled
}

func soon() time.Time { return time.Now().Add(50 * time.Millisecond) }

func (w whatBecomes) scheduled(who auth.Identity) []chat.Scheduled {
	w.e.t.Helper()
	_, got, _ := rest[struct {
		Scheduled []chat.Scheduled `json:"scheduled"`
	}](w.e, who, "GET", "/api/communications/scheduled", nil)
	return got.Scheduled
}

func TestAScheduledMessageIsSentOnceByTwoServers(t *testing.T) {
	w := newSender(t)
	first := schedule(w.alice, w.dm, "good morning", "c1", soon())
	if again := schedule(w.alice, w.dm, "good morning", "c1", time.Now().Add(time.Hour)); again.ID != first.ID {
		t.Fatalf("a retry scheduled it again: %+v", again)
	}
	page := func() []chat.Message {
		_, p, _ := rest[chat.Page](w.e, w.bob.who, "GET", "/api/communications?channelId="+w.dm, nil)
		return p.Messages
	}
	// Which of the two servers sends it is left to chance, and the other's sockets are not these.
	for deadline := time.Now().Add(15 * time.Second); len(page()) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is never sent")
		}
	}
	marker := schedule(w.alice, w.dm, "second", "c2", soon())
	for len(page()) < 2 {
		time.Sleep(20 * time.Millisecond)
	}
	got := page()
	if len(got) != 2 || got[0].Body != "good morning" || got[0].ClientID != first.ID || got[0].Sender.ID != "alice" || got[1].ClientID != marker.ID {
		t.Fatalf("%+v", got)
	}
	if again := schedule(w.alice, w.dm, "good morning", "c1", time.Now().Add(time.Hour)); again.Status == chat.ScheduleWaiting {
		t.Fatalf("a late retry scheduled it again: %+v", again)
	}
}

func TestAScheduledMessageIsChangedListedAndCancelled(t *testing.T) {
	w := newSender(t)
	phone := w.e.connect(insider("alice"))
	later := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	m := schedule(w.alice, w.dm, "tomorrow", "c1", later)
	if p := expect[chat.ScheduledPush](phone, "scheduledChanged", nil); p.Scheduled.ID != m.ID || p.Scheduled.Status != chat.ScheduleWaiting {
		t.Fatalf("%+v", p)
	}
	changed := request[chat.ScheduledPush](w.alice, "changeScheduled", map[string]any{"scheduledId": m.ID, "message": "the day after"}).Scheduled
	if changed.Body != "the day after" || !changed.SendAt.Equal(later) {
		t.Fatalf("%+v", changed)
	}
	if got := w.scheduled(w.alice.who); len(got) != 1 || got[0].Body != "the day after" {
		t.Fatalf("%+v", got)
	}
	if got := w.scheduled(w.bob.who); len(got) != 0 {
		t.Fatalf("somebody else's: %+v", got)
	}
	refused(w.bob, "changeScheduled", map[string]any{"scheduledId": m.ID, "message": "mine"}, "scheduled_not_found")
	refused(w.bob, "cancelScheduled", m.ID, "scheduled_not_found")
	if status, _, code := rest[any](w.e, w.bob.who, "DELETE", "/api/communications/scheduled/"+m.ID, nil); status != http.StatusNotFound || code != "scheduled_not_found" {
		t.Errorf("%d %s", status, code)
	}
	for _, at := range []time.Time{time.Now().Add(-time.Second), time.Now().AddDate(1, 0, 3), {}} {
		refused(w.alice, "scheduleMessage", map[string]any{"channelId": w.dm, "message": "x", "sendAt": at}, "bad_request")
	}
	refused(w.alice, "scheduleMessage", map[string]any{"channelId": w.dm, "message": " ", "sendAt": later}, "bad_request")
	mallory := w.e.connect(insider("mallory"))
	refused(mallory, "scheduleMessage", map[string]any{"channelId": w.dm, "message": "x", "sendAt": later}, "channel_not_found")
	request[struct{}](w.alice, "cancelScheduled", m.ID)
	expect(phone, "scheduledChanged", func(p chat.ScheduledPush) bool { return p.Scheduled.Status == chat.ScheduleCancelled })
	if got := w.scheduled(w.alice.who); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
}

// TestAScheduledMessageNamesPeopleWhenItIsSent: those whose names are in the text then, also after a change of the text alone.
func TestAScheduledMessageNamesPeopleWhenItIsSent(t *testing.T) {
	var service *chat.Service
	e := newEdge(t, func(cfg *signaling.Config, _ *call.Limits) { service = cfg.Chat })
	runJobs(t, e, service) // the only server, so its sockets hear of all it does
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	m := request[chat.ScheduledPush](alice, "scheduleMessage", map[string]any{
		"channelId": dm, "message": "@" + bob.who.Name + " one", "clientId": "c1", "sendAt": time.Now().Add(time.Hour),
		"mentions": []string{"bob", "alice"}, "confirmChannelMention": true}).Scheduled
	if len(m.Mentions) != 2 || !m.Confirm {
		t.Fatalf("%+v", m)
	}
	m = request[chat.ScheduledPush](alice, "changeScheduled", map[string]any{"scheduledId": m.ID, "message": "@" + bob.who.Name + " two", "sendAt": soon()}).Scheduled
	if len(m.Mentions) != 2 || !m.Confirm {
		t.Fatalf("a change of the text forgets whom it names: %+v", m)
	}
	named := expect[chat.Mention](bob, "mention", nil)
	if named.ChannelID != dm || named.Message != "@"+bob.who.Name+" two" {
		t.Errorf("%+v", named)
	}
	sent := expect(alice, "scheduledChanged", func(p chat.ScheduledPush) bool { return p.Scheduled.Status == chat.ScheduleSent })
	if sent.Scheduled.MessageID != named.MessageID {
		t.Errorf("%+v", sent)
	}
	if _, page, _ := rest[chat.Page](e, bob.who, "GET", "/api/communications?channelId="+dm, nil); !slices.Equal(page.Messages[0].Mentions, []string{"bob"}) {
		t.Errorf("%+v", page.Messages)
	}
	if got := (whatBecomes{e, alice, bob, dm}).scheduled(alice.who); len(got) != 0 {
		t.Errorf("it still waits: %+v", got)
	}
}

// Whoever has scheduled a message may be away when it is sent.
func TestAScheduledMessageReadsNothing(t *testing.T) {
	var service *chat.Service
	e := newEdge(t, func(cfg *signaling.Config, _ *call.Limits) { service = cfg.Chat })
	runJobs(t, e, service)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	w := whatBecomes{e, alice, bob, e.dm(alice.who, "bob")}
	send(w.alice, w.dm, "are you there?", "c1")
	m := schedule(w.bob, w.dm, "good morning", "b1", soon())
	expect(w.bob, "newMessage", func(p chat.NewMessage) bool { return p.Message.Sender.ID == "bob" })
	if told := expect[chat.ChannelRead](w.bob, "channelRead", nil); told.Unread != 1 || told.ReadSeq != 0 {
		t.Errorf("told %+v of %s", told, m.ID)
	}
	if s := w.standing(w.bob, w.dm); s.Unread != 1 || s.ReadSeq != 0 {
		t.Errorf("%+v", s)
	}
}

func TestAScheduledMessageNamesNobodyWhoCannotBe(t *testing.T) {
	w := newWhatBecomes(t)
	m := request[chat.ScheduledPush](w.alice, "scheduleMessage", map[string]any{
		"channelId": w.dm, "message": "@x", "mentions": []string{"\x00", "bob", strings.Repeat("x", 65)}, "sendAt": time.Now().Add(time.Hour)}).Scheduled
	if !slices.Equal(m.Mentions, []string{"bob"}) {
		t.Fatalf("%q", m.Mentions)
	}
	m = request[chat.ScheduledPush](w.alice, "changeScheduled", map[string]any{"scheduledId": m.ID, "mentions": []string{"\x00"}}).Scheduled
	if len(m.Mentions) > 0 {
		t.Fatalf("%q", m.Mentions)
	}
}

// TestPermissionIsAskedAgainWhenItIsSent: what was allowed when it was scheduled may not be any more.
func TestPermissionIsAskedAgainWhenItIsSent(t *testing.T) {
	w := newSender(t)
	made := request[channelAnswer](w.bob, "createChannel", map[string]any{
		"channelType": "project", "name": "Apollo", "memberIds": []string{"alice"}}).Channel
	schedule(w.alice, made.ID, "too late", "c1", time.Now().Add(2*time.Second))
	request[any](w.bob, "removeMember", map[string]any{"channelId": made.ID, "userId": "alice"})
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if got := w.scheduled(w.alice.who); len(got) == 1 && got[0].Status == chat.ScheduleFailed {
			if got[0].Code != "channel_not_found" || got[0].Error == "" {
				t.Errorf("%+v", got[0])
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it never fails")
		}
	}
}

func TestAMessageThatHasToWaitLongerCanBeCancelled(t *testing.T) {
	var service *chat.Service
	e := newEdge(t, func(cfg *signaling.Config, _ *call.Limits) { service = cfg.Chat })
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Slow", "memberIds": []string{"bob"}})
	request[channelAnswer](alice, "updateChannel", map[string]any{"channelId": ch.ID, "slowModeSeconds": 3600})
	send(bob, ch.ID, "one", "b1")
	m := schedule(bob, ch.ID, "two", "b2", time.Now().Add(time.Hour))
	e.exec(`UPDATE scheduled_messages SET send_at = now() WHERE id = $1`, m.ID)
	args, err := json.Marshal(m.ID)
	must(t, err)
	if err := service.Sending().Work(within(t), args); fault.KindOf(err) != fault.RateLimited {
		t.Fatalf("it is slow mode: %v", err)
	}
	request[any](bob, "cancelScheduled", m.ID)
}
