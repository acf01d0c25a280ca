package chat

import "context"

// MemberStore is the part of a Store that makes channels and keeps who is in them. Its changes are one transaction each;
// eventSeq is 0 when there was nothing to change. ErrNoUser for users that are not known.
type MemberStore interface {
	// CreateChannel makes a channel with its owner and first members. ErrClientNotAllowed for a client in an internal one.
	CreateChannel(ctx context.Context, n NewChannel) (Channel, error)
	// UpdateChannel changes what is not nil.
	UpdateChannel(ctx context.Context, c ChannelChange) (ch Channel, eventSeq int64, err error)
	// AddMembers adds users who are not in yet; ErrTooManyMembers when there would be over MaxMembers, ErrClientNotAllowed as above.
	AddMembers(ctx context.Context, channelID string, userIDs []string, role MemberRole) (added []Member, eventSeq int64, err error)
	// RemoveMember takes a member out. When no owner is left, the member of the company longest there among the highest
	// becomes one. Nothing is numbered for who was no member.
	RemoveMember(ctx context.Context, channelID, userID string) (MemberRemoved, error)
	// SetMemberRole changes a member's role; ErrLastOwner for the only owner, ErrNoMember for who is none.
	SetMemberRole(ctx context.Context, channelID, userID string, role MemberRole) (MemberUpdated, error)
	// Members lists members whose name contains search, in order of role and name, after a number of them.
	Members(ctx context.Context, q MemberQuery) (members []Member, hasMore bool, err error)
	// OpenChannels lists internal channels that are not private and that the user is not in.
	OpenChannels(ctx context.Context, userID, search string, limit int) ([]Channel, error)
	// ArchivedChannels lists a user's channels that are archived.
	ArchivedChannels(ctx context.Context, userID string) ([]Channel, error)
}

// NewChannel is a checked wish for a channel.
type NewChannel struct {
	ID          string
	Name        string
	Description string
	Type        ChannelType
	Private     bool
	Internal    bool
	ReadOnly    bool
	OwnerID     string
	MemberIDs   []string
	Departments []string // whose people are in it by rule
}

// ChannelChange is a checked change of a channel; nil leaves something as it is.
type ChannelChange struct {
	ChannelID   string  `json:"-"`
	ActorID     string  `json:"-"`
	Name        *string `json:"name"`
	Description *string `json:"description"`
	Avatar      *string `json:"avatar"`
	Private     *bool   `json:"is_private"`
	ReadOnly    *bool   `json:"isReadOnly"`
	Archived    *bool   `json:"isArchived"`
	SlowMode    *int    `json:"slowModeSeconds"`
}

// MemberQuery asks for a page of members.
type MemberQuery struct {
	ChannelID string
	Search    string
	Offset    int
	Limit     int
}
