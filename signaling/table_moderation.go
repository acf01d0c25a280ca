package signaling

import (
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
)

// moderationPart is what keeps people from each other's throats, and the log of who used it.
var moderationPart = part{
	requests: map[string]request{
		"silenceMember": on(chatLane, "Keep a member from writing and reacting in a channel, as its owner or admin: `until` a time or for some `seconds`, a year at most. Neither of them lifts it. All members are told by `memberUpdated`.", (*session).silenceMember),
		"blockUser":     on(chatLane, "Hear nothing more of somebody, or (`on: false`) hear of them again. They are not told. Their direct messages are refused as `not_delivered`, as are their changes, reactions, pins and calls there; they still read them, and delete their own. Their mentions do not notify, what they write counts as no unread message; a client hides what they write in channels.", (*session).blockUser),
		"reportMessage": on(chatLane, "Show another's message to the channel's owner and admins and to the company's admins. `reason` is `spam`, `harassment`, `inappropriate`, `confidential` or `other`. One open report of a message by each.", (*session).reportMessage),
		"decideReport":  on(chatLane, "Decide on a report, and with it on all that are open about the same message: `resolved`, perhaps with the `action` `delete_message` or `silence_member` (for `seconds`), or `dismissed`. Not about one's own message.", (*session).decideReport),
	},
	pushes: []push{
		{chat.EventUserBlocked, "One has blocked somebody on some device, or no longer; to all one's devices."},
		{chat.EventReportUpdated, "A message was reported, or it was decided on: to those who may decide. Nothing of the message is in it."},
		{chat.EventDMOpened, "An admin of the company has got access to others' direct messages: to all the company's admins, not to those whose messages they are."},
	},
	paths: []restPath{
		{"GET /api/moderation/reports", "Reports that one may decide on, the latest first: all for the company's admins, those of one's channels for their owners and admins. `status` and `channelId` choose, `before` (an `_id`) pages, `limit` 1 to 50. What only the word filter found in a direct message comes without its words.", (*Server).listReports},
		{"GET /api/moderation/reports/{id}", "One report. Of a direct message that one of its people has reported, three messages before and after it come with it (`context`), and that is logged.", (*Server).getReport},
		{"PUT /api/moderation/reports/{id}", "As the event `decideReport`.", (*Server).putReport},
		{"GET /api/moderation/words", "The lists of the word filter. For the company's admins.", (*Server).getWords},
		{"PUT /api/moderation/words", "Replace the lists of the word filter: at most 20, with 2,000 words of 50 characters together. Each is for some types of channels and blocks, masks or flags messages, edits, channels' names and what pages that are linked to say of themselves. A word is found in other letters, widths and cases too, and with Markdown and links within it; several words have spaces between; one that ends with `*` is found at the beginning of longer ones. For the company's admins.", (*Server).putWords},
		{"POST /api/moderation/dm-access", "Get access to others' direct messages for 15 minutes, by its `channelId` or by its two people (`userIds`), for a `reason` of 10 to 1,000 characters. It is logged first, and all the company's admins are told. For the company's admins.", (*Server).postDMAccess},
		{"GET /api/moderation/dm/{channelId}/messages", "A page of direct messages that one has got access to, as `GET /api/communications`. Each page is logged.", (*Server).listDMMessages},
		{"GET /api/blocks", "Whom one blocks, by name.", (*Server).listBlocks},
		{"GET /api/moderation/audit", "What admins and moderators did, the latest first: all of it for the company's admins, that of a channel (`channelId`) for its owner and admins. `actorId` and `action` choose, `before` (an `_id`) pages, `limit` 1 to 100.", (*Server).listAudit},
	},
	errors: []errorRow{
		{"words_blocked", fault.Invalid, "The text has words that the company does not allow there."},
		{"too_many_words", fault.TooLarge, "The lists of the word filter have at most 2,000 words."},
		{"report_not_found", fault.NotFound, "There is no such report, or it is not for the user to see."},
		{"already_reported", fault.Conflict, "The user has an open report of this message."},
		{"report_closed", fault.Conflict, "The report was decided on."},
		{"dm_not_opened", fault.Forbidden, "Access to these direct messages was not asked for, or its time is over."},
		{"slow_mode", fault.RateLimited, "The channel lets a member write once in `details.seconds`: again after `retryAfterMs`."},
		{"too_many_blocks", fault.TooLarge, "A user blocks at most 1,000 people."},
		{"admin_only", fault.Forbidden, "Only the company's admins can do this."},
	},
}
