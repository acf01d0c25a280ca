package signaling

import (
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
)

// moderationPart is what keeps people from each other's throats, and the log of who used it.
var moderationPart = part{
	requests: map[string]request{
		"silenceMember": on(chatLane, "Keep a member from writing and reacting in a channel, as its owner or admin: `until` a time or for some `seconds`, a year at most. Neither of them lifts it. All members are told by `memberUpdated`.", (*session).silenceMember),
		"blockUser":     on(chatLane, "Hear nothing more of somebody, or (`on: false`) hear of them again. They are not told. Their direct messages and calls there are refused as `not_delivered`, their mentions do not notify, what they write counts as no unread message; a client hides what they write in channels.", (*session).blockUser),
	},
	pushes: []push{
		{chat.EventUserBlocked, "One has blocked somebody on some device, or no longer; to all one's devices."},
	},
	paths: []restPath{
		{"GET /api/blocks", "Whom one blocks, by name.", (*Server).listBlocks},
		{"GET /api/moderation/audit", "What admins and moderators did, the latest first: all of it for the company's admins, that of a channel (`channelId`) for its owner and admins. `actorId` and `action` choose, `before` (an `_id`) pages, `limit` 1 to 100.", (*Server).listAudit},
	},
	errors: []errorRow{
		{"slow_mode", fault.RateLimited, "The channel lets a member write once in `details.seconds`: again after `retryAfterMs`."},
		{"too_many_blocks", fault.TooLarge, "A user blocks at most 1,000 people."},
		{"admin_only", fault.Forbidden, "Only the company's admins can do this."},
	},
}
