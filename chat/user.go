package chat

import "time"

// User is a person as the CRM's token described them when they last connected.
type User struct {
	ID         string `json:"_id"`
	Name       string `json:"name"`
	Email      string `json:"-"` // never leaves the server: a client of the company must not collect addresses
	AvatarURL  string `json:"avatarUrl"`
	Role       string `json:"role"`
	Department string `json:"department"`
	Internal   bool   `json:"isInternal"`
}

// Person is the little of a user that stands beside what they wrote.
type Person struct {
	ID        string `json:"_id"`
	Name      string `json:"name"`
	AvatarURL string `json:"avatarUrl"`
}

// Member is a user's place in a channel.
type Member struct {
	UserID    string     `json:"userId"`
	Name      string     `json:"name"`
	AvatarURL string     `json:"avatarUrl"`
	Role      MemberRole `json:"role"`
	JoinedAt  time.Time  `json:"joinedAt"`

	SilencedUntil *time.Time `json:"silencedUntil,omitempty"` // by a moderator

	// What only the server needs, of the member who asks.
	LastSentAt *time.Time `json:"-"`
	Blocked    bool       `json:"-"` // the other person of this DM wants to hear nothing of them
}

// MemberRole is what a member may do in a channel beyond reading and writing.
type MemberRole string

// Roles of a member.
const (
	Owner       MemberRole = "owner"
	Admin       MemberRole = "admin"
	PlainMember MemberRole = "member"
)
