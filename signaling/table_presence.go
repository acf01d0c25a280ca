package signaling

import (
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/internal/fault"
)

// presencePart is who is online, and who is writing.
var presencePart = part{
	requests: map[string]request{
		"updateStatus":  on(chatLane, "What others see of oneself: `away`, `dnd` or `offline` whatever the devices say, or `online` for what they say; a `customStatus` of at most 100 characters, both until `expiresAt` if given; whether when one was last seen, and that one is writing, is hidden. What is not given stays.", (*session).updateStatus),
		"watchPresence": on(chatLane, "Be told of these people's presence, and of nobody else's: those that are on the screen, at most 200. Answered with how they are now. A client of the company is told of nobody.", (*session).watchPresence),
		"typing:start":  on(chatLane, "One is writing in a channel, or in a thread (`parentMessageId`). To be sent at most every three seconds while it is so; others show it for six. Dropped in channels with over 50 connections. The argument is the channel's id, or `{channelId, parentMessageId}`.", (*session).typingStart),
		"typing:stop":   on(chatLane, "One no longer is. Not needed after sending. The argument is as of `typing:start`.", (*session).typingStop),
	},
	pushes: []push{
		{presence.EventStatusChanged, "How a watched user is now: `online`, `away` (no input on any device for five minutes), `dnd` or `offline` (20 s after the last device went). At most every two seconds. `lastSeenAt` is there for who is offline and does not hide it."},
		{EventTypingStarted, "Somebody writes in a channel; show it for six seconds."},
		{EventTypingStopped, "They no longer do."},
	},
	paths: []restPath{
		{"GET /api/me/status", "What one says of oneself, as `updateStatus` sets it.", (*Server).getStatus},
	},
	errors: []errorRow{
		{"too_many_watched", fault.TooLarge, "A connection watches at most 200 people."},
	},
}
