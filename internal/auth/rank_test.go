package auth

import "testing"

func TestOfTwoWordsTheLowerHolds(t *testing.T) {
	rank := func(role Role, internal bool) Rank { return Rank{role, internal} }
	for _, tt := range []struct {
		name                   string
		token, directory, want Rank
		outside                bool
	}{
		{"they agree", rank(RoleAdmin, true), rank(RoleAdmin, true), rank(RoleAdmin, true), false},
		{"a lower role", rank(RoleAdmin, true), rank(RoleManager, true), rank(RoleManager, true), false},
		{"no longer internal", rank(RoleAdmin, true), rank(RoleAdmin, false), rank(RoleAdmin, false), true},
		{"a client", rank(RoleManager, true), rank(RoleClient, false), rank(RoleClient, false), true},
		{"a client is never internal", rank(RoleManager, true), rank(RoleClient, true), rank(RoleClient, false), true},
		{"nobody is raised", rank(RoleClient, false), rank(RoleAdmin, true), rank(RoleClient, false), false},
		{"each part by itself", rank(RoleManager, false), rank(RoleUser, true), rank(RoleUser, false), false},
		{"a service is no person", rank(RoleService, false), rank(RoleClient, false), rank(RoleService, false), false},
	} {
		before := Identity{UserID: "ann", Name: "Ann", Role: tt.token.Role, Internal: tt.token.Internal}
		got := before.AtMost(tt.directory)
		if got.Rank() != tt.want || got.Outside != tt.outside || got.UserID != "ann" || got.Name != "Ann" {
			t.Errorf("%s: %+v", tt.name, got)
		}
		if again := got.AtMost(tt.directory); again != got {
			t.Errorf("%s: once more: %+v", tt.name, again)
		}
	}
}
