package signaling_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/sfu/transport"
)

// studios are a call in a channel of alice's, in which users without any socket publish or play.
type studios struct {
	alice   *device
	channel chat.Channel
	callID  string
}

// studiosOn begins the call on the edge, and seats each user by whip or whep.
func studiosOn(e *edge, users map[string]string) (s studios) {
	e.t.Helper()
	s.alice = e.connect(insider("alice"))
	var ids []string
	for userID := range users {
		e.directory("PUT", "users/"+userID, employee("Name of "+userID, "", "user"))
		ids = append(ids, userID)
	}
	s.channel = s.alice.makes(map[string]any{"name": "Studio", "memberIds": ids})
	s.callID = start(s.alice, s.channel.ID)
	join(s.alice, s.callID)
	for userID, kind := range users {
		direction := sends
		if kind == "whep" {
			direction = receives
		}
		e.stream(newRTC(e.t, direction, "audio"), e.as(insider(userID)), "/api/calls/"+s.callID+"/"+kind)
	}
	return s
}

// loses waits until the user's seat is gone.
func (s studios) loses(userID string) {
	s.alice.edge.t.Helper()
	expect(s.alice, "participantLeft", func(p callPush) bool { return p.UserID == userID && p.Reason == "removed" })
}

func (s studios) refuses(userID string, status int, code string) {
	e := s.alice.edge
	e.t.Helper()
	offer := newRTC(e.t, sends, "audio").offer(false)
	if got := e.http(e.as(insider(userID)), "POST", "/api/calls/"+s.callID+"/whip", offer, "Content-Type", sdpType); !got.is(status, code) {
		e.t.Errorf("%s comes back: %+v", userID, got)
	}
}

func (s studios) remove(userID string) {
	request[any](s.alice, "removeMember", map[string]any{"channelId": s.channel.ID, "userId": userID})
}

// Whoever publishes or plays without a socket loses the seat with the membership, and with the account.
func TestAStreamEndsWithTheMembershipAndTheAccount(t *testing.T) {
	e := newEdge(t)
	s := studiosOn(e, map[string]string{"bob": "whip", "carol": "whep", "dave": "whip", "erin": "whip"})
	began := time.Now()
	s.remove("bob")
	s.loses("bob")
	s.refuses("bob", http.StatusNotFound, "call_not_found")
	e.directory("DELETE", "users/carol", nil)
	s.loses("carol")
	s.refuses("carol", http.StatusUnauthorized, "user_deactivated")
	e.directory("PUT", "users/dave", employee("Dave", "", "client"))
	s.loses("dave")
	s.refuses("dave", http.StatusNotFound, "call_not_found")
	inTime(t, began, "losing three seats")
	if _, seats := e.calls.Count(); seats != 2 {
		t.Errorf("%d seats", seats)
	}
}

func TestAStreamEndsByWhatAnotherNodeSays(t *testing.T) {
	n := newNodes(t)
	s := studiosOn(n.second, map[string]string{"bob": "whip", "carol": "whip", "dave": "whip", "erin": "whip"})
	alice := n.first.connect(insider("alice"))
	must(t, n.second.settle())
	remove := func(userID string) {
		request[any](alice, "removeMember", map[string]any{"channelId": s.channel.ID, "userId": userID})
	}
	began := time.Now()
	remove("bob")
	s.loses("bob")
	n.first.directory("DELETE", "users/carol", nil)
	s.loses("carol")
	inTime(t, began, "losing two seats")

	n.redis.Kill()
	n.heard(false)
	remove("dave")
	s.loses("dave")
	n.first.directory("DELETE", "users/erin", nil)
	s.loses("erin")
}

// Nodes that share nothing but the database find it there after a while.
func TestAStreamEndsWithoutABusBetween(t *testing.T) {
	first := newEdge(t)
	second := newEdgeOn(t, first.dbURL, transport.Timeouts{})
	s := studiosOn(second, map[string]string{"bob": "whip", "carol": "whep"})
	request[any](first.connect(insider("alice")), "removeMember", map[string]any{"channelId": s.channel.ID, "userId": "bob"})
	s.loses("bob")
	first.directory("DELETE", "users/carol", nil)
	s.loses("carol")
}
