package call

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/sfu"
)

// pushes collects what is told on a topic.
type pushes struct {
	events []bus.Event
	stop   func()
}

func (h *house) hear(topic string) *pushes {
	p := &pushes{}
	p.stop = h.bus.Subscribe(topic, func(e bus.Event) { p.events = append(p.events, e) })
	return p
}

// last decodes the newest push of a name.
func last[T any](t *testing.T, p *pushes, name string) (v T, n int) {
	t.Helper()
	for _, e := range p.events {
		if e.Name == name {
			n++
			v = *new(T)
			must(t, json.Unmarshal(e.Data, &v))
		}
	}
	return v, n
}

// ear is what the SFU would tell of a call's room.
func (h *house) ear(t *testing.T, callID string) *ear {
	t.Helper()
	l, err := h.find(callID)
	must(t, err)
	return &ear{service: h.Service, call: l}
}

func TestSpeakersAreToldToTheCall(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	alice, bob := h.join(t, "alice", callID).ParticipantID, h.join(t, "bob", callID)
	all := h.hear(bus.Call(callID))
	defer all.stop()
	e := h.ear(t, callID)
	e.SpeakersChanged(sfu.Speakers{Dominant: alice, Active: []sfu.Speaker{{PeerID: alice, Level: 0.7251}, {PeerID: "gone", Level: 1}}})
	got, n := last[activeSpeakers](t, all, EventActiveSpeakers)
	if n != 1 || got.Dominant == nil || *got.Dominant != alice || !slices.Equal(got.Speakers, []speaker{{alice, 0.73}}) {
		t.Fatalf("told %+v", got)
	}
	if c := all.events[len(all.events)-1]; c.Class != bus.State || c.Key == "" {
		t.Fatalf("of two that wait both are kept: %+v", c)
	}
	late := h.hear(bus.Seat(bob.ParticipantID))
	defer late.stop()
	h.Refresh(bob)
	if got, n := last[activeSpeakers](t, late, EventActiveSpeakers); n != 1 || *got.Dominant != alice {
		t.Fatalf("who comes late is told %+v", got)
	}
	e.SpeakersChanged(sfu.Speakers{})
	if got, _ := last[activeSpeakers](t, all, EventActiveSpeakers); got.Dominant != nil || got.Speakers == nil {
		t.Fatalf("nobody is %+v", got)
	}
}

func TestQualityIsToldAndRecorded(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	aliceSeat, bobSeat := h.join(t, "alice", callID), h.join(t, "bob", callID)
	alice, bob := aliceSeat.ParticipantID, bobSeat.ParticipantID
	all, own := h.hear(bus.Call(callID)), h.hear(bus.Seat(alice))
	defer all.stop()
	defer own.stop()
	e := h.ear(t, callID)
	good := &sfu.Path{MOS: 4.4, RTT: 40 * time.Millisecond, Jitter: 3 * time.Millisecond}
	bad := &sfu.Path{MOS: 2.6, RTT: 40 * time.Millisecond, Loss: 0.1402, Issue: sfu.PacketLoss, Cause: "uplink loss 14 %"}
	e.QualityMeasured([]sfu.Quality{{PeerID: alice, Uplink: good}, {PeerID: bob, Uplink: good, Downlink: good}, {PeerID: "gone", Uplink: bad}})
	grades, n := last[callQuality](t, all, EventCallQuality)
	if n != 1 || !slices.Equal(grades.Participants, []graded{{alice, "excellent"}, {bob, "excellent"}}) {
		t.Fatalf("told %+v", grades)
	}
	e.QualityMeasured([]sfu.Quality{{PeerID: alice, Uplink: good}, {PeerID: bob, Uplink: good, Downlink: good}})
	if _, n := last[callQuality](t, all, EventCallQuality); n != 1 {
		t.Fatal("the same grades are told again")
	}
	for range 2 {
		e.QualityMeasured([]sfu.Quality{{PeerID: alice, Uplink: bad, Available: 850_000}, {PeerID: bob, Downlink: good}})
	}
	grades, n = last[callQuality](t, all, EventCallQuality)
	if n != 2 || !slices.Equal(grades.Participants, []graded{{alice, "poor"}, {bob, "excellent"}}) {
		t.Fatalf("told %+v", grades)
	}
	mine, n := last[connectionQuality](t, own, EventConnectionQuality)
	if n != 4 || mine.Downlink != nil || mine.Uplink.MOS != 2.6 || *mine.Uplink.RTT != 40 || mine.Uplink.Loss != 14.02 || *mine.Uplink.Cause != "uplink loss 14 %" || *mine.Available != 850_000 {
		t.Fatalf("alice was told %+v", mine)
	}
	bobs := h.hear(bus.Seat(bob))
	defer bobs.stop()
	e.QualityMeasured([]sfu.Quality{{PeerID: bob, Downlink: good}, {PeerID: alice, Uplink: bad}})
	if his, _ := last[connectionQuality](t, bobs, EventConnectionQuality); his.Available != nil {
		t.Fatalf("bob was told of %d bit/s that nobody has estimated", *his.Available)
	}
	must(t, h.Leave(aliceSeat))
	must(t, h.Leave(bobSeat))
	record := h.savedRecord(t, func(c Call) bool { return c.EndedAt != nil })
	// 9 judgements of 4.4 and 3 of 2.6: a mean of 3.95.
	if record.AvgQuality == nil || *record.AvgQuality != 74 || !slices.Equal(record.NetworkIssues, []string{"packet-loss"}) {
		t.Fatalf("recorded %v %v", record.AvgQuality, record.NetworkIssues)
	}
}

func TestOneBadMomentIsNoIssueOfTheCall(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	seat := h.join(t, "alice", callID)
	e := h.ear(t, callID)
	for i := range 6 {
		p := &sfu.Path{MOS: 4}
		if i%2 == 1 {
			p.Issue = sfu.Jitter
		}
		e.QualityMeasured([]sfu.Quality{{PeerID: seat.ParticipantID, Uplink: p}})
	}
	must(t, h.Leave(seat))
	record := h.savedRecord(t, func(c Call) bool { return c.EndedAt != nil })
	if len(record.NetworkIssues) > 0 || *record.AvgQuality != 75 {
		t.Fatalf("recorded %v %v", *record.AvgQuality, record.NetworkIssues)
	}
}
