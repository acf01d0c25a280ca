package fault

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestFromKeepsAFaultThroughWrapping(t *testing.T) {
	notFound := New(NotFound, "channel_not_found", "There is no such channel.")
	err := fmt.Errorf("send: %w", notFound.With("channelId", "x").After(time.Second))

	got := From(err)
	if got.Kind != NotFound || got.Code != "channel_not_found" || got.Details["channelId"] != "x" || got.RetryAfter != time.Second {
		t.Fatalf("got %+v", got)
	}
	if !errors.Is(err, notFound) {
		t.Fatal("errors.Is does not match the sentinel by its code")
	}
	if notFound.Details != nil || notFound.RetryAfter != 0 {
		t.Fatal("With or After changed the sentinel")
	}
}

func TestFromHidesOtherErrors(t *testing.T) {
	cause := errors.New("password of the database is hunter2")
	got := From(cause)
	if got.Kind != Internal || got.Code != "internal" {
		t.Fatalf("got %+v", got)
	}
	if got.Message == cause.Error() {
		t.Fatal("the client would be told the cause")
	}
	if !errors.Is(got, cause) {
		t.Fatal("the log has lost the cause")
	}
	if From(nil) != nil {
		t.Fatal("no error became one")
	}
}

func TestKindsHaveNames(t *testing.T) {
	for k := Internal; k <= Unavailable; k++ {
		if k.String() == "unknown" {
			t.Errorf("kind %d has no name", k)
		}
	}
	if Kind(200).String() != "unknown" {
		t.Error("a kind out of range has a name")
	}
}
