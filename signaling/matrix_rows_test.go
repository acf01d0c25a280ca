package signaling_test

import "time"

// eventRows says of every event who may send it. An event without a row fails the build.
var eventRows = map[string]row{
	"heartbeat": {want: everybody("ok")},

	"joinChannel":   {want: readers(noChannel), arg: inChannel(nil)},
	"leaveChannel":  {want: everybody("ok"), arg: inChannel(nil)},
	"createChannel": {want: everybody("ok").but("not_allowed", client, guest), arg: constant(fields{"channelType": "project", "name": "Mine"})},
	"updateChannel": {want: moderators(noChannel).but("dm_is_kept", blocked), arg: inChannel(fields{"name": "Other"})},
	"addMembers":    {want: moderators(noChannel), arg: inChannel(fields{"userIds": []string{"extra"}})},
	"removeMember":  {want: moderators(noChannel).but("dm_is_kept", blocked).but("ok or member_not_found", admin, owner), arg: onExtra(nil)},
	"setMemberRole": {want: moderators(noChannel), arg: onExtra(fields{"role": "admin"})},
	"becomeMember":  {want: readers(noChannel), arg: inChannel(nil)},

	"sendMessage":   {want: writers(noChannel), arg: inChannel(fields{"message": "hello"})},
	"editMessage":   {want: everybody("not_author").but(noMessage, outsiders...), arg: onMessage(fields{"message": "other words"})},
	"deleteMessage": {want: moderators(noMessage), arg: onMessage(nil)},
	"addReaction":   {want: writers(noMessage), arg: onMessage(fields{"emoji": "👍", "on": true})},
	"pinMessage":    {want: writers(noMessage).but("not_moderator", guest, member), arg: onMessage(fields{"on": true})},
	"followThread":  {want: readers(noMessage), arg: onMessage(fields{"isFollowing": true})},
	"sync":          {want: everybody("ok"), arg: func(s scene) any { return fields{"epoch": "", "channels": fields{s.channel: 0}} }},
	"search":        {want: everybody("ok").but(noChannel, outsiders...), arg: inChannel(fields{"q": "message"})},

	"markAsRead":       {want: readers(noChannel), arg: inChannel(fields{"seq": 1})},
	"markAsUnread":     {want: readers(noMessage), arg: onMessage(nil)},
	"markThreadRead":   {want: readers(noMessage), arg: onMessage(fields{"seq": 1})},
	"setNotifications": {want: readers(noChannel), arg: inChannel(fields{"notifyLevel": "all"})},
	"saveDraft":        {want: readers(noChannel), arg: inChannel(fields{"message": "not yet"})},
	"saveMessage":      {want: readers(noMessage), arg: onMessage(fields{"on": true})},

	"scheduleMessage": {want: writers(noChannel), arg: func(s scene) any {
		return fields{"channelId": s.channel, "message": "later", "sendAt": time.Now().Add(time.Hour)}
	}},
	"changeScheduled": {want: everybody("scheduled_not_found"), arg: constant(fields{"scheduledId": "0123456789abcdef01234567", "message": "x"})},
	"cancelScheduled": {want: everybody("scheduled_not_found"), arg: constant("0123456789abcdef01234567")},

	"updateStatus":  {want: everybody("ok"), arg: constant(fields{"status": "online"})},
	"watchPresence": {want: everybody("ok"), arg: constant(fields{"userIds": []string{"extra"}})},
	"typing:start":  {want: writers(noChannel), arg: inChannel(nil)},
	"typing:stop":   {want: everybody("ok"), arg: inChannel(fields{"parentMessageId": "0123456789abcdef01234567"})}, // that nobody began

	"silenceMember": {want: moderators(noChannel), arg: onExtra(fields{"seconds": 60})},
	"blockUser":     {want: everybody("ok").but("user_not_found", client), arg: constant(fields{"userId": "extra", "on": true})},
	"reportMessage": {want: readers(noMessage), arg: onMessage(fields{"reason": "spam"})},
	"decideReport": {want: everybody("report_not_found").but("ok or report_closed", boss, admin, owner), needs: "report",
		arg: func(s scene) any { return fields{"reportId": s.report, "status": "dismissed"} }},

	"initiateCall": {want: writers(noChannel), arg: inChannel(fields{"callType": "voice"})},
	"joinCall":     {want: readers(noCall), arg: inCall(nil), needs: "call"},
	"rejectCall":   {want: readers(noCall), arg: inCall(nil), needs: "call"},

	// Who has no seat in a call changes nothing in it, whoever they are.
	"leaveCall":            {want: everybody("not_in_call"), arg: inCall(nil), needs: "call"},
	"webrtc:offer":         {want: everybody("not_in_call"), arg: inCall(fields{"sdp": "v=0"}), needs: "call"},
	"webrtc:ice-candidate": {want: everybody("not_in_call"), arg: inCall(fields{"candidate": "x"}), needs: "call"},
	"setView":              {want: everybody("not_in_call"), arg: inCall(nil), needs: "call"},
	"toggleVideo":          {want: everybody("not_in_call"), arg: inCall(fields{"hasVideo": true}), needs: "call"},
	"toggleMute":           {want: everybody("not_in_call"), arg: inCall(fields{"isMuted": true}), needs: "call"},
	"toggleScreen":         {want: everybody("not_in_call"), arg: inCall(fields{"isSharingScreen": true}), needs: "call"},
}

func ofChannel(s scene) string { return "channelId=" + s.channel }

// pathRows says of every path who may ask it. A path without a row fails the build.
var pathRows = map[string]row{
	"GET /api/me":          {want: everybody("ok")},
	"GET /api/me/status":   {want: everybody("ok")},
	"GET /api/ice-servers": {want: everybody("ok")},
	"GET /api/users":       {want: everybody("ok")},

	"GET /api/channels":                               {want: everybody("ok")},
	"GET /api/channels/general":                       {want: everybody("ok").but(noChannel, client, guest)},
	"GET /api/channels/open":                          {want: everybody("ok")},
	"GET /api/channels/archived":                      {want: everybody("ok")},
	"POST /api/channels":                              {want: everybody("ok").but("not_allowed", client, guest), arg: constant(fields{"channelType": "project", "name": "Mine"})},
	"GET /api/channels/{id}":                          {want: readers(noChannel)},
	"PUT /api/channels/{id}":                          {want: moderators(noChannel).but("dm_is_kept", blocked), arg: constant(fields{"name": "Other"})},
	"DELETE /api/channels/{id}":                       {want: moderators(noChannel).but("ok", blocked)}, // who may still read a direct message archives it for themselves
	"GET /api/channels/{id}/participants":             {want: readers(noChannel)},
	"POST /api/channels/{id}/participants":            {want: moderators(noChannel), arg: constant(fields{"userIds": []string{"extra"}})},
	"PUT /api/channels/{id}/participants/{userId}":    {want: moderators(noChannel), arg: constant(fields{"role": "admin"})},
	"DELETE /api/channels/{id}/participants/{userId}": {want: moderators(noChannel).but("dm_is_kept", blocked).but("ok or member_not_found", admin, owner)},
	"POST /api/channels/{id}/join":                    {want: readers(noChannel)},
	"GET /api/channels/{id}/pins":                     {want: readers(noChannel)},
	"POST /api/channels/{id}/pins":                    {want: writers(noMessage).but("not_moderator", guest, member), arg: onMessage(fields{"on": true})},
	"GET /api/channels/{id}/reads":                    {want: readers(noChannel)},

	"GET /api/communications":                    {want: readers(noChannel), query: ofChannel},
	"POST /api/communications":                   {want: writers(noChannel), arg: inChannel(fields{"message": "hello"})},
	"GET /api/communications/{id}":               {want: readers(noMessage)},
	"PUT /api/communications/{id}":               {want: everybody("not_author").but(noMessage, outsiders...), arg: constant(fields{"message": "other"})},
	"DELETE /api/communications/{id}":            {want: moderators(noMessage)},
	"GET /api/communications/{id}/revisions":     {want: readers(noMessage)},
	"GET /api/communications/{id}/preview-image": {want: readers(noMessage), needs: "picture"},
	"POST /api/communications/reactions":         {want: writers(noMessage), arg: onMessage(fields{"emoji": "👍", "on": true})},
	"GET /api/communications/search": {want: readers(noChannel), query: func(s scene) string {
		return "q=message&channelId=" + s.channel
	}},
	"GET /api/communications/search/suggest": {want: everybody("ok"), query: func(scene) string { return "q=me" }},
	"GET /api/communications/scheduled":      {want: everybody("ok")},
	"POST /api/communications/scheduled": {want: writers(noChannel), arg: func(s scene) any {
		return fields{"channelId": s.channel, "message": "later", "sendAt": time.Now().Add(time.Hour)}
	}},
	"PUT /api/communications/scheduled/{id}":    {want: everybody("scheduled_not_found"), arg: constant(fields{"message": "x"})},
	"DELETE /api/communications/scheduled/{id}": {want: everybody("scheduled_not_found")},

	"GET /api/threads": {want: everybody("ok")},
	"GET /api/drafts":  {want: everybody("ok")},
	"GET /api/saved":   {want: everybody("ok")},
	"GET /api/blocks":  {want: everybody("ok")},

	"GET /api/moderation/audit":        {want: moderators(noChannel).but("ok", boss), query: ofChannel},
	"GET /api/moderation/reports":      {want: everybody("ok")},
	"GET /api/moderation/reports/{id}": {want: everybody("report_not_found").but("ok", boss, admin, owner), needs: "report"},
	"PUT /api/moderation/reports/{id}": {want: everybody("report_not_found").but("ok or report_closed", boss, admin, owner), needs: "report",
		arg: constant(fields{"status": "dismissed"})},
	"GET /api/moderation/words": {want: onlyAdmins},
	"PUT /api/moderation/words": {want: onlyAdmins, arg: constant(fields{"lists": []any{}})},
	"POST /api/moderation/dm-access": {want: onlyAdmins.but(noChannel, boss), // this is no direct message
		arg: inChannel(fields{"reason": "a good reason"})},
	"GET /api/moderation/dm/{channelId}/messages": {want: onlyAdmins.but(noChannel, boss)},

	"GET /api/calls":      {want: everybody("ok"), query: ofChannel}, // a list of one's own
	"POST /api/calls":     {want: writers(noChannel), arg: inChannel(fields{"callType": "voice"})},
	"GET /api/calls/{id}": {want: readers(noCall), needs: "call"},

	"POST /api/calls/{id}/whip":             {want: everybody("bad_sdp").but(noCall, outsiders...), needs: "call", arg: constant("v=0")},
	"POST /api/calls/{id}/whep":             {want: everybody("bad_sdp").but(noCall, outsiders...), needs: "call", arg: constant("v=0")},
	"PATCH /api/calls/{id}/whip/{session}":  {want: everybody("unsupported_media_type"), needs: "call", arg: constant("v=0")},
	"PATCH /api/calls/{id}/whep/{session}":  {want: everybody("unsupported_media_type"), needs: "call", arg: constant("v=0")},
	"DELETE /api/calls/{id}/whip/{session}": {want: everybody("stream_not_found"), needs: "call"},
	"DELETE /api/calls/{id}/whep/{session}": {want: everybody("stream_not_found"), needs: "call"},

	"POST /api/connection-test":        {want: everybody("bad_test"), arg: constant(fields{})},
	"DELETE /api/connection-test/{id}": {want: everybody("test_not_found")},

	"PUT /api/directory/users/{id}":            {want: everybody("service_only"), arg: constant(fields{"name": "Somebody"})},
	"DELETE /api/directory/users/{id}":         {want: everybody("service_only")},
	"PUT /api/directory/departments/{name}":    {want: everybody("service_only"), arg: constant(fields{})},
	"DELETE /api/directory/departments/{name}": {want: everybody("service_only")},
	"PUT /api/directory/projects/{id}":         {want: everybody("service_only"), arg: constant(fields{"name": "Project"})},
	"DELETE /api/directory/projects/{id}":      {want: everybody("service_only")},
	"POST /api/directory/bulk":                 {want: everybody("service_only"), arg: constant(fields{})},
}
