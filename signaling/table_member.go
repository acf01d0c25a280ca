package signaling

import (
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/fault"
)

// memberPart is making and changing channels, and who is in them.
var memberPart = part{
	requests: map[string]request{
		"createChannel": on(chatLane, "Make a channel of the type `project` or `department`, of which one is the owner, with its first members; or open a direct message, as `POST /api/channels`. `departments` names those whose people are in a `department` channel by rule. That, and `isInternal: false` for clients too, is for managers and admins.", (*session).createChannel),
		"updateChannel": on(chatLane, "Change a channel's name, description, picture or settings, archive or restore it, as its owner or admin. What is not given stays. Either person of a direct message archives and restores it for themselves; the next message brings it back.", (*session).updateChannel),
		"addMembers":    on(chatLane, "Add people, at most 100 at once: any member of the company to a channel that is not private, its owner and admins to any. Those who are in already are left alone.", (*session).addMembers),
		"removeMember":  on(chatLane, "Take somebody out, as the channel's owner or admin; or leave, by one's own id. Nobody leaves a direct message or the general channel.", (*session).removeMember),
		"setMemberRole": on(chatLane, "Make a member an `owner`, an `admin` or a plain `member`. Owners are made and changed by owners; a client is a plain member.", (*session).setMemberRole),
		"becomeMember":  on(chatLane, "Enter an internal channel that is not private. The argument is the channel's id, or `{channelId}`.", (*session).becomeMember),
	},
	pushes: []push{
		{chat.EventChannelUpdated, "What a channel is called and how it is set now, and what its `project` shows, if it has one."},
		{chat.EventChannelTurned, "A direct message is internal now, or no longer: one of its two has become so."},
		{chat.EventMembersAdded, "People were added to a channel. They themselves get `channelAdded`. With `hasMore`, which comes of a change of the directory, these are the first 100 of them: fetch the members again where they are shown."},
		{chat.EventMemberRemoved, "Somebody is no longer in a channel. `ownerId` is who became its owner by that."},
		{chat.EventMemberUpdated, "A member has another role, or was silenced until a time."},
	},
	paths: []restPath{
		{"GET /api/channels/open", "Channels that one may enter by `becomeMember`, at most 100; `search` is a part of the name.", (*Server).listOpenChannels},
		{"GET /api/channels/archived", "One's channels that are archived.", (*Server).listArchivedChannels},
		{"PUT /api/channels/{id}", "As the event `updateChannel`.", (*Server).putChannel},
		{"DELETE /api/channels/{id}", "Archive a channel. Nothing in it is deleted.", (*Server).deleteChannel},
		{"GET /api/channels/{id}/participants", "A page of a channel's members: owners and admins first, then by name. `search` is a part of the name, `offset` pages, `limit` 1 to 100.", (*Server).listMembers},
		{"POST /api/channels/{id}/participants", "As the event `addMembers`.", (*Server).postMembers},
		{"PUT /api/channels/{id}/participants/{userId}", "As the event `setMemberRole`.", (*Server).putMember},
		{"DELETE /api/channels/{id}/participants/{userId}", "As the event `removeMember`.", (*Server).deleteMember},
		{"POST /api/channels/{id}/join", "As the event `becomeMember`; no body is needed.", (*Server).postJoin},
	},
	errors: []errorRow{
		{"not_allowed", fault.Forbidden, "The user's role does not allow this."},
		{"dm_is_kept", fault.Forbidden, "A direct message can be archived, and nothing else about it changed."},
		{"general_is_kept", fault.Forbidden, "Everyone at the company is in the general channel, and it stays."},
		{"too_many_members", fault.TooLarge, "People add members to a channel, or join one, until it has 500. Those who are in it by a rule of the directory count, and have no limit."},
		{"client_not_allowed", fault.Forbidden, "Clients cannot be in an internal channel."},
		{"client_not_moderator", fault.Forbidden, "A client is a plain member of a channel."},
		{"member_not_found", fault.NotFound, "The person is not in the channel."},
		{"last_owner", fault.Conflict, "A channel keeps at least one owner."},
	},
}
