package auth

// Rank is what a user may do anything by.
type Rank struct {
	Role     Role
	Internal bool
}

// heights are the roles of people, in order.
var heights = map[Role]int{RoleClient: 1, RoleUser: 2, RoleManager: 3, RoleAdmin: 4}

// Rank is the user's.
func (id Identity) Rank() Rank { return Rank{id.Role, id.Internal} }

// AtMost lowers a person to a rank where that is lower, in each of its parts. It raises nobody. A service is no person.
func (id Identity) AtMost(most Rank) Identity {
	if !id.Role.Valid() {
		return id
	}
	if heights[most.Role] < heights[id.Role] {
		id.Role = most.Role
	}
	if id.Internal && (!most.Internal || id.Role == RoleClient) {
		id.Internal, id.Outside = false, true
	}
	return id
}
