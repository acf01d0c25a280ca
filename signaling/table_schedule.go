package signaling

import (
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
)

// schedulePart is messages that are sent later.
var schedulePart = part{
	requests: map[string]request{
		"scheduleMessage": on(chatLane, "Write a message that is sent at `sendAt`, up to a year ahead, with the fields of `sendMessage`. Whether one may write there is asked now and again then. Sent again with the same `clientId` it has no second effect: the ack is the message of the first time as it is now, whatever else is asked. At most 100 wait.", (*session).schedule),
		"changeScheduled": on(chatLane, "Change what will be sent, or when; what is not given stays. One that failed waits again, for a new `sendAt`, unless 100 wait already.", (*session).changeScheduled),
		"cancelScheduled": on(chatLane, "Forget a message that waits, or one that failed. The argument is its id, or `{scheduledId}`.", (*session).cancelScheduled),
	},
	pushes: []push{
		{chat.EventScheduledChanged, "A scheduled message of one's own was made, changed, sent (`messageId`), has failed (`code` and `error`, as of an answer) or was cancelled: `status` is `waiting`, `sent`, `failed` or `cancelled`. To all one's devices."},
	},
	paths: []restPath{
		{"GET /api/communications/scheduled", "One's messages that wait to be sent, by their times, and then those that could not be, the last first. Those are kept for 30 days.", (*Server).listScheduled},
		{"POST /api/communications/scheduled", "As the event `scheduleMessage`.", (*Server).postScheduled},
		{"PUT /api/communications/scheduled/{id}", "As the event `changeScheduled`.", (*Server).putScheduled},
		{"DELETE /api/communications/scheduled/{id}", "As the event `cancelScheduled`.", (*Server).deleteScheduled},
	},
	errors: []errorRow{
		{"scheduled_not_found", fault.NotFound, "There is no such scheduled message of the user's."},
		{"already_sent", fault.Conflict, "The scheduled message is being sent or has been sent."},
		{"too_many_scheduled", fault.TooLarge, "At most 100 messages of a user wait to be sent."},
		{"too_late", fault.Unavailable, "Only as the `code` of a scheduled message: it could not be sent within a day of its time."},
	},
}
