package turn_test

import (
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/turn"
)

func TestRevoke(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		for name, revoke := range map[string]func(*turn.Server){
			"user":    func(s *turn.Server) { s.Revoke("alice") },
			"session": func(s *turn.Server) { s.RevokeSession("alice", "seat") },
		} {
			t.Run(transport+"/"+name, func(t *testing.T) {
				h := serve(t, nil)
				c := h.client(transport, h.Issue("alice", "seat"))
				relay := c.allocate(t)
				other := h.client(transport, h.Issue("bob", "seat")).allocate(t)
				echo(t, relay, h.media.peer(), "before")
				begun := time.Now()
				revoke(h.Server)
				within(t, h.media.forgotten, "the end of the allocation")
				if d := time.Since(begun); d > time.Second {
					t.Errorf("took %v", d)
				}
				if _, err := h.client(transport, h.Issue("alice", "next seat")).Allocate(); name == "session" && err != nil {
					t.Errorf("the next session is refused: %v", err)
				}
				echo(t, other, h.media.peer(), "bob goes on")
				if s := h.Stats(); s.Revoked != 1 {
					t.Errorf("Revoked = %d", s.Revoked)
				}
			})
		}
	}
}

func TestRevokedCredentialsAreRefused(t *testing.T) {
	h := serve(t, nil)
	credentials := h.Issue("alice", "seat")
	h.RevokeSession("alice", "seat")
	if _, err := h.client("udp", credentials).Allocate(); err == nil {
		t.Error("revoked credentials allocate")
	}
	if n := h.Stats().Dropped["revoked"]; n == 0 {
		t.Error("not counted")
	}
}

// Who is let in again after a revocation gets credentials that hold, also those for no session, which last for less.
func TestCredentialsMadeAfterARevocationHold(t *testing.T) {
	h := serve(t, nil)
	before := h.Issue("alice", "")
	h.Revoke("alice")
	h.now.forward(time.Minute)
	if _, err := h.client("udp", before).Allocate(); err == nil {
		t.Error("revoked credentials allocate")
	}
	for _, session := range []string{"", "seat"} {
		if _, err := h.client("udp", h.Issue("alice", session)).Allocate(); err != nil {
			t.Errorf("credentials for the session %q: %v", session, err)
		}
	}
}

func TestExpiry(t *testing.T) {
	h := serve(t, func(c *turn.Config) { c.TTL = 30 * time.Minute })
	credentials := h.Issue("alice", "seat")
	c := h.client("udp", credentials)
	relay := c.allocate(t)
	echo(t, relay, h.media.peer(), "in time")
	h.now.forward(30*time.Minute + time.Second)
	if _, err := h.client("udp", credentials).Allocate(); err == nil {
		t.Error("expired credentials allocate")
	}
	if err := c.CreatePermission(h.media.peer()); err == nil {
		t.Error("expired credentials make a permission")
	}
	if n := h.Stats().Dropped["expired"]; n < 2 {
		t.Errorf("expired: %d", n)
	}
}

func TestForgedCredentials(t *testing.T) {
	h := serve(t, nil)
	good, bob := h.Issue("alice", "seat"), h.Issue("bob", "seat")
	for name, c := range map[string]turn.Credentials{
		"no password":             {Username: good.Username},
		"another's password":      {Username: good.Username, Password: bob.Password},
		"a later expiry":          {Username: "9" + good.Username, Password: good.Password},
		"no colon":                {Username: "alice", Password: good.Password},
		"empty":                   {},
		"long":                    {Username: strings.Repeat("1", 500), Password: good.Password},
		"negative expiry":         {Username: "-" + good.Username, Password: good.Password},
		"a user in place of tags": {Username: strings.Split(good.Username, ":")[0] + ":alice:seat", Password: good.Password},
	} {
		if _, err := h.client("udp", c).Allocate(); err == nil {
			t.Errorf("%s: allocated", name)
		}
	}
	if n := h.Stats().Allocated; n != 0 {
		t.Errorf("%d allocations", n)
	}
}
