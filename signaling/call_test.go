package signaling_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/signaling"
)

type joined struct {
	CallID        string             `json:"callId"`
	ParticipantID string             `json:"participantId"`
	Resumed       bool               `json:"resumed"`
	Participants  []call.Participant `json:"participants"`
}

type callPush struct {
	CallID           string      `json:"callId"`
	ChannelID        string      `json:"channelId"`
	UserID           string      `json:"userId"`
	ParticipantID    string      `json:"participantId"`
	ParticipantCount int         `json:"participantCount"`
	InitiatorID      string      `json:"initiatorId"`
	Status           call.Status `json:"callStatus"`
	Reason           string      `json:"reason"`
	HasVideo         bool        `json:"hasVideo"`
	IsMuted          bool        `json:"isMuted"`
}

func start(d *device, channelID string) string {
	d.edge.t.Helper()
	ack := request[struct {
		CallID   string `json:"callId"`
		Existing bool   `json:"existing"`
	}](d, "initiateCall", map[string]any{"channelId": channelID, "callType": "video", "participantIds": []string{}})
	return ack.CallID
}

func join(d *device, callID string) joined {
	d.edge.t.Helper()
	return request[joined](d, "joinCall", map[string]string{"callId": callID})
}

func TestACallFromRingToRecord(t *testing.T) {
	e := newEdge(t)
	alice, bob, phone, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("bob")), e.connect(insider("carol"))
	dm := e.dm(alice.who, "bob")
	callID := start(alice, dm)
	for _, d := range []*device{bob, phone} {
		if ring := expect[callPush](d, "incomingCall", nil); ring.CallID != callID || ring.ChannelID != dm || ring.InitiatorID != "alice" {
			t.Fatalf("ring %+v", ring)
		}
	}
	if again := start(bob, dm); again != callID {
		t.Fatalf("a second call %s began beside %s", again, callID)
	}
	seat := join(alice, callID)
	if len(seat.Participants) != 0 || seat.Resumed {
		t.Fatalf("the first to join: %+v", seat)
	}
	other := join(bob, callID)
	if len(other.Participants) != 1 || other.Participants[0].ID != seat.ParticipantID || !other.Participants[0].HasVideo {
		t.Fatalf("the second to join: %+v", other)
	}
	if got := expect(alice, "participantJoined", func(p callPush) bool { return p.UserID == "bob" }); got.ParticipantID != other.ParticipantID {
		t.Fatalf("joined %+v", got)
	}
	expect[callPush](phone, "callAccepted", nil)
	expect(phone, "callUpdated", func(p callPush) bool { return p.ParticipantCount == 2 })

	request[any](bob, "toggleMute", map[string]any{"callId": callID, "isMuted": true})
	if got := expect[callPush](alice, "participantMuteToggled", nil); !got.IsMuted || got.ParticipantID != other.ParticipantID {
		t.Fatalf("mute %+v", got)
	}
	request[any](bob, "toggleVideo", map[string]any{"callId": callID, "hasVideo": false})
	if got := expect[callPush](alice, "participantVideoToggled", nil); got.HasVideo || got.UserID != "bob" {
		t.Fatalf("video %+v", got)
	}
	request[any](bob, "leaveCall", callID)
	if got := expect[callPush](alice, "participantLeft", nil); got.ParticipantID != other.ParticipantID || got.Reason != "left" {
		t.Fatalf("left %+v", got)
	}
	request[any](alice, "leaveCall", map[string]string{"callId": callID})
	if got := expect[callPush](phone, "callEnded", nil); got.Status != call.Completed || got.CallID != callID {
		t.Fatalf("ended %+v", got)
	}
	if carol.inbox.Count("incomingCall")+carol.inbox.Count("callUpdated")+carol.inbox.Count("callEnded") != 0 {
		t.Fatal("a stranger heard of the call")
	}
	type one struct {
		Call call.Call `json:"call"`
	}
	_, record, _ := rest[one](e, bob.who, "GET", "/api/calls/"+callID, nil)
	if c := record.Call; c.Status != call.Completed || len(c.Participants) != 2 || c.EndedAt == nil || c.TotalDuration == nil {
		t.Fatalf("record %+v", c)
	}
	if status, _, code := rest[any](e, carol.who, "GET", "/api/calls/"+callID, nil); status != http.StatusNotFound || code != "call_not_found" {
		t.Fatalf("a stranger reads the record: %d %s", status, code)
	}
	refused(alice, "joinCall", map[string]string{"callId": callID}, "call_not_found")
}

func TestOnlyThoseInACallActInIt(t *testing.T) {
	e := newEdge(t)
	alice, bob, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("carol"))
	dm := e.dm(alice.who, "bob")
	callID := start(alice, dm)
	seat := join(alice, callID)
	args := map[string]any{"callId": callID, "type": "offer", "sdp": "v=0\r\n", "candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host",
		"views": []any{}, "hasVideo": true, "isMuted": true, "isSharingScreen": true}
	for _, event := range []string{"webrtc:offer", "webrtc:ice-candidate", "setView", "toggleVideo", "toggleMute", "toggleScreen", "leaveCall"} {
		refused(bob, event, args, "not_in_call")
		refused(carol, event, args, "not_in_call")
	}
	for _, d := range []*device{carol} {
		refused(d, "joinCall", map[string]string{"callId": callID}, "call_not_found")
		refused(d, "joinCall", map[string]string{"callId": callID, "participantId": seat.ParticipantID}, "call_not_found")
		refused(d, "rejectCall", map[string]string{"callId": callID}, "call_not_found")
	}
	// A member of the channel cannot take another's seat over.
	if got := request[joined](bob, "joinCall", map[string]string{"callId": callID, "participantId": seat.ParticipantID}); got.Resumed || got.ParticipantID == seat.ParticipantID {
		t.Fatalf("bob sits on alice's seat: %+v", got)
	}
	refused(alice, "joinCall", map[string]string{"callId": callID}, "already_in_call")
	refused(alice, "webrtc:offer", map[string]any{"callId": callID, "type": "offer", "sdp": "garbage"}, "bad_sdp")
	refused(alice, "webrtc:offer", map[string]any{"callId": callID, "type": "answer", "sdp": "v=0"}, "bad_request")
	refused(alice, "toggleMute", map[string]any{"callId": callID}, "bad_request")
}

func TestASecondTabIsAParticipantOfItsOwn(t *testing.T) {
	e := newEdge(t)
	first, second := e.connect(insider("alice")), e.connect(insider("alice"))
	callID := start(first, e.general(first.who))
	a, b := join(first, callID), join(second, callID)
	if a.ParticipantID == b.ParticipantID || len(b.Participants) != 1 {
		t.Fatalf("%+v and %+v", a, b)
	}
	request[any](first, "leaveCall", callID)
	expect(second, "participantLeft", func(p callPush) bool { return p.ParticipantID == a.ParticipantID })
	request[any](second, "toggleMute", map[string]any{"callId": callID, "isMuted": true})
}

func TestASeatWaitsForItsSocketAndIsThenGivenUp(t *testing.T) {
	e := newEdge(t, func(_ *signaling.Config, limits *call.Limits) { limits.Grace = 3 * time.Second })
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	callID := start(alice, e.general(alice.who))
	join(alice, callID)
	seat := join(bob, callID)
	bob.Close()
	bob = e.connect(insider("bob"))
	back := request[joined](bob, "joinCall", map[string]string{"callId": callID, "participantId": seat.ParticipantID})
	if !back.Resumed || back.ParticipantID != seat.ParticipantID || len(back.Participants) != 1 {
		t.Fatalf("back: %+v", back)
	}
	if n := alice.inbox.Count("participantLeft"); n != 0 {
		t.Fatal("alice saw bob go although he came back")
	}
	bob.Close()
	if got := expect[callPush](alice, "participantLeft", nil); got.ParticipantID != seat.ParticipantID || got.Reason != "disconnected" {
		t.Fatalf("left %+v", got)
	}
}

func TestACallThatIsDeclinedOrNotTakenEnds(t *testing.T) {
	e := newEdge(t, func(_ *signaling.Config, limits *call.Limits) { limits.Ring = 2 * time.Second })
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")

	declined := start(alice, dm)
	join(alice, declined)
	request[any](bob, "rejectCall", map[string]string{"callId": declined})
	expect[callPush](alice, "callRejected", nil)
	expect(alice, "callEnded", func(p callPush) bool { return p.CallID == declined && p.Status == call.Rejected })

	missed := start(alice, dm)
	join(alice, missed)
	expect(bob, "callMissed", func(p callPush) bool { return p.CallID == missed })
	expect(alice, "callEnded", func(p callPush) bool { return p.CallID == missed && p.Status == call.Missed })
}

func TestADeviceThatConnectsWhileItRingsIsRungToo(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	callID := start(alice, e.dm(alice.who, "bob"))
	expect(bob, "incomingCall", func(p callPush) bool { return p.CallID == callID })
	phone := e.connect(insider("bob"))
	expect(phone, "incomingCall", func(p callPush) bool { return p.CallID == callID })
	join(bob, callID)
	late := e.connect(insider("bob"))
	send(late, e.general(late.who), "an event later", "c")
	expect[any](late, "newMessage", nil)
	if late.inbox.Count("incomingCall") != 0 {
		t.Fatal("it rings although it was taken")
	}
}

func TestACallHasLimits(t *testing.T) {
	e := newEdge(t, func(_ *signaling.Config, limits *call.Limits) { limits.Participants, limits.Seats = 3, 2 })
	var tabs []*device
	for range 3 {
		tabs = append(tabs, e.connect(insider("alice")))
	}
	bob, carol := e.connect(insider("bob")), e.connect(insider("carol"))
	callID := start(bob, e.general(bob.who))
	join(tabs[0], callID)
	join(tabs[1], callID)
	refused(tabs[2], "joinCall", map[string]string{"callId": callID}, "too_many_seats")
	join(bob, callID)
	refused(carol, "joinCall", map[string]string{"callId": callID}, "call_full")
	request[any](tabs[0], "leaveCall", callID)
	join(carol, callID)
	refused(bob, "initiateCall", map[string]any{"channelId": e.general(bob.who), "callType": "hologram"}, "bad_request")
	refused(bob, "initiateCall", map[string]any{"channelId": e.general(bob.who), "callType": "voice", "participantIds": make([]string, 4)}, "bad_request")
}

func TestACallCanBeStartedOverREST(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	type started struct {
		CallID    string `json:"callId"`
		ChannelID string `json:"channelId"`
		Existing  bool   `json:"existing"`
	}
	body := map[string]any{"channelId": dm, "callType": "video"}
	status, first, code := rest[started](e, alice.who, "POST", "/api/calls", body)
	if status != http.StatusOK || first.ChannelID != dm || first.Existing {
		t.Fatalf("%d %s %+v", status, code, first)
	}
	expect(bob, "incomingCall", func(p callPush) bool { return p.CallID == first.CallID })
	if _, again, _ := rest[started](e, bob.who, "POST", "/api/calls", body); again.CallID != first.CallID || !again.Existing {
		t.Fatalf("a second call %+v began beside %+v", again, first)
	}
	if status, _, code := rest[started](e, insider("carol"), "POST", "/api/calls", body); status != http.StatusNotFound || code != "channel_not_found" {
		t.Fatalf("a stranger starts a call: %d %s", status, code)
	}
	body["callType"] = "hologram"
	if status, _, code := rest[started](e, alice.who, "POST", "/api/calls", body); status != http.StatusBadRequest || code != "bad_request" {
		t.Fatalf("%d %s", status, code)
	}
}

func TestOnlyMembersAreRung(t *testing.T) {
	e := newEdge(t)
	alice, bob, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("carol"))
	dm := e.dm(alice.who, "bob")
	callID := request[struct {
		CallID string `json:"callId"`
	}](alice, "initiateCall", map[string]any{"channelId": dm, "callType": "voice", "participantIds": []string{"bob", "carol", "nobody"}}).CallID
	expect(bob, "incomingCall", func(p callPush) bool { return p.CallID == callID })
	send(carol, e.general(carol.who), "an event later", "c")
	expect[any](carol, "newMessage", nil)
	if carol.inbox.Count("incomingCall") != 0 {
		t.Fatal("a stranger was rung")
	}
}
