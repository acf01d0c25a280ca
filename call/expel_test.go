package call

import (
	"errors"
	"testing"
)

// Who is taken out of the channel while they are let in is not seated after that.
func TestNobodyIsSeatedWhoHasJustLeft(t *testing.T) {
	h := newHouse(t, Limits{})
	callID := h.start(t)
	h.join(t, "alice", callID)
	l, err := h.find(callID)
	must(t, err)
	h.channels.answered = func() { h.expel(l, "bob") }
	if _, err := h.Join(t.Context(), user("bob"), JoinRequest{CallID: callID}); !errors.Is(err, ErrNoCall) {
		t.Errorf("seated: %v", err)
	}
	h.channels.answered = nil
	h.join(t, "bob", callID) // a member again
	if _, seats := h.Count(); seats != 2 {
		t.Errorf("%d seats", seats)
	}
}
