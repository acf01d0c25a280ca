// Package auth says who a connection is. It verifies the JWTs that the CRM signs, with the algorithm pinned by the kind
// of key that is configured, and turns their claims into an Identity.
package auth

import "time"

// Leeway is how far the clocks of the signer and of this server may differ.
const Leeway = 60 * time.Second

// Role is what a user is in the CRM.
type Role string

// The four roles of the CRM, of which a client is somebody from outside the company; and its own backend, which is nobody:
// a service may only write the directory.
const (
	RoleAdmin   Role = "admin"
	RoleManager Role = "manager"
	RoleUser    Role = "user"
	RoleClient  Role = "client"
	RoleService Role = "service"
)

// Valid tells whether r is one of the four roles of people.
func (r Role) Valid() bool {
	switch r {
	case RoleAdmin, RoleManager, RoleUser, RoleClient:
		return true
	}
	return false
}

// Identity is a verified user: every field has passed the checks of its claim.
type Identity struct {
	UserID     string // the CRM's own id: 1 to 64 printable characters
	Name       string // for people, at most 100 characters, never empty
	Email      string // "" when the token has none
	AvatarURL  string // an http or https URL, or ""
	Role       Role
	Department string // at most 64 characters, "" for none
	Internal   bool   // belongs to the company; never true for a client
	Outside    bool   // is not Internal by the directory's word alone: the token says that they are

	IssuedAt time.Time // zero when the token does not say
	Expires  time.Time
}

// Expired tells whether the token behind the identity is no longer accepted, by the same rule as Verify.
func (id Identity) Expired(now time.Time) bool {
	return now.Add(-Leeway).After(id.Expires)
}
