package signaling

import (
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
)

// channelPart is channels.
var channelPart = part{
	requests: map[string]request{
		"joinChannel":  on(chatLane, "Hear what happens in a channel. Members hear it from the start, so this is needed only after `leaveChannel`. The argument is the channel's id, or `{channelId}`.", (*session).joinChannel),
		"leaveChannel": on(chatLane, "Hear no more of a channel on this connection; the membership stays. The argument is the channel's id, or `{channelId}`.", (*session).leaveChannel),
	},
	pushes: []push{
		{chat.EventChannelAdded, "The user is now a member of this channel, or has brought this direct message back that they had archived."},
		{chat.EventChannelRemoved, "The user no longer is."},
	},
	paths: []restPath{
		{"GET /api/channels", "One's channels, the last active first, and the epoch of their counters. `activeCall` is there while a call goes on; `participants` are listed for direct messages.", (*Server).listChannels},
		{"POST /api/channels", "Open the direct message with another user (`channelType: \"dm\"`), and make it when there is none: `created` tells. Oneself may be listed among the two participants. Or make a channel, as the event `createChannel`; its first members may be listed as `participants` too.", (*Server).createChannel},
		{"GET /api/channels/general", "The company-wide channel, as `GET /api/channels/{id}`.", (*Server).getGeneral},
		{"GET /api/channels/{id}", "One channel.", (*Server).getChannel},
	},
	errors: []errorRow{
		{"channel_not_found", fault.NotFound, "There is no such channel, or one is no member of it."},
		{"user_not_found", fault.NotFound, "There is no such person, or one may not know."},
		{"channel_archived", fault.Forbidden, "The channel is archived."},
		{"channel_read_only", fault.Forbidden, "Only the channel's owner and admins write here."},
		{"dm_with_self", fault.Invalid, "A direct message needs somebody else."},
	},
}
