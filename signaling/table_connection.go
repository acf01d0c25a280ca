package signaling

import (
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
)

// connectionPart is what is not about a channel or a call: who one is, and what any request may meet.
var connectionPart = part{
	requests: map[string]request{
		"heartbeat": {doc: "Is the connection alive? Answered at once, whatever else is being worked on. `active: true` says that there was input on the device, which keeps the user from being away; to be sent at most once a minute. Whoever has reason to doubt it asks, and makes a new connection when no answer comes.", lane: noLane, handle: heartbeat},
	},
	pushes: []push{
		{EventReady, "The connection may be used: who one is, the epoch of the counters, the limits. A client that was here before sends `sync` now."},
		{EventEventsLost, "Servers have not heard each other for a while, and do again. What has a number was told; what has none may be missing: fetch it again, as after a new connection (one's cursors, drafts, saved and scheduled messages), some seconds later and not when all others do."},
		{EventUserChanged, "Who one is now, as `ready` says it: the directory calls one otherwise, or has lowered one's `role` or `isInternal` below what the token says, or no longer does. It holds from now on for all that is asked, also over REST. Presence has to be watched again."},
		{chat.EventPeopleChanged, "How people look to others now: their names and pictures, by the directory or by the tokens of those whom it does not describe. It holds wherever they are shown. Told to everybody who is internal, and to others in the channels that they share with them. `isReset`: too many have changed to be told; fetch what you show of people anew, within some seconds and not when all others do. What one has missed, `sync` tells to whoever gives `peopleSeq`."},
		{EventSessionEnded, "The token has run out. The connection is closed next; connect again with a new one."},
	},
	paths: []restPath{
		{"GET /api/me", "Who one is: who the token says, by the name that the directory gives, with no higher `role` than it says, and internal only if it says so, too.", (*Server).getMe},
		{"GET /api/ice-servers", "The TURN servers for an `RTCPeerConnection`, with credentials for ten minutes, for what is no call: calls have their own, that end with the seat, from `joinCall`. TURN over UDP is among neither when it is on the port of the media: browsers that know of it lose the direct way. Empty when TURN is off.", (*Server).getICEServers},
		{"GET /api/users", "People whose name contains `search`, at most 20 (`limit`). A client of the company finds nobody.", (*Server).listUsers},
	},
	errors: []errorRow{
		{"token_missing", fault.Unauthenticated, "There is no token."},
		{"token_invalid", fault.Unauthenticated, "The token is not one that this server accepts."},
		{"token_expired", fault.Unauthenticated, "The token's time is over: get a new one."},
		{"keys_unavailable", fault.Unavailable, "The keys to verify tokens with (`auth.jwksUrl`) could not be fetched yet."},
		{"database_unavailable", fault.Unavailable, "The database does not answer. Try again; a message with a `clientId` can be sent again without harm."},
		{"disconnected", fault.Unavailable, "The connection went away while the request was at work."},
		{"bad_request", fault.Invalid, "The request does not have the form that this page gives; `details.field` names the field."},
		{"unknown_event", fault.Invalid, "There is no event of this name."},
		{"path_not_found", fault.NotFound, "There is no such path."},
		{"body_too_large", fault.TooLarge, "The body of a REST request is over 128 KiB."},
		{"unsupported_media_type", fault.Invalid, "A WHIP or WHEP path takes `application/sdp`, or in a `PATCH` `application/trickle-ice-sdpfrag`."},
		{"invalid_text", fault.Invalid, "A text that cannot be stored, for example with a NUL character."},
		{"foreign_host", fault.Forbidden, "With `--dev` only: the demo sign-in was asked for under a name that is not this machine's."},
		{"internal", fault.Internal, "A defect; it is in the server's log."},
	},
}
