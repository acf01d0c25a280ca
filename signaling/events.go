package signaling

import (
	"context"
	"encoding/json"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
)

// laneName says with which other requests of a socket one is answered in order.
type laneName uint8

const (
	chatLane laneName = iota
	callLane
	noLane // answered where it is read: for what neither waits nor asks anybody
)

// request is one event that a client may send.
type request struct {
	doc    string // for docs/protocol.md
	lane   laneName
	handle func(ctx context.Context, sess *session, arg json.RawMessage) (any, error)
}

// handler is a request's handler once its argument is decoded.
type handler[T any] func(sess *session, ctx context.Context, arg T) (any, error)

func on[T any](lane laneName, doc string, handle handler[T]) request {
	return request{doc: doc, lane: lane, handle: func(ctx context.Context, sess *session, arg json.RawMessage) (any, error) {
		v, err := decode[T](arg)
		if err != nil {
			return nil, err
		}
		return handle(sess, ctx, v)
	}}
}

// requests is the event table: all that a client may send, by name. docs/protocol.md is held against it.
var requests = map[string]request{
	"joinChannel":          on(chatLane, "Hear what happens in a channel. Members hear it from the start, so this is needed only after `leaveChannel`. The argument is the channel's id, or `{channelId}`.", (*session).joinChannel),
	"leaveChannel":         on(chatLane, "Hear no more of a channel on this connection; the membership stays. The argument is the channel's id, or `{channelId}`.", (*session).leaveChannel),
	"sendMessage":          on(chatLane, "Write a message of 1 to 10,000 characters. When the ack comes it is stored. Sent again with the same `clientId` it has no second effect: the ack is the same, with `duplicate: true`. Without a `clientId` a retry writes a second message.", (*session).sendMessage),
	"sync":                 on(chatLane, "Tell for each channel the last `eventSeq` that was applied; get all that was missed (`status: \"events\"`), or the word to fetch the channel afresh (`\"reset\"`), or that one is no longer in it (`\"gone\"`). `added` are channels that were not named.", (*session).sync),
	"initiateCall":         on(callLane, "Start a call in a channel and ring its members (only `participantIds` of them, when given), or find the call that is going on there (`existing: true`). `callType` is `voice` or `video`. Then join it.", (*session).initiateCall),
	"rejectCall":           on(callLane, "Decline a ringing call: the user's devices stop ringing.", (*session).rejectCall),
	"joinCall":             on(callLane, "Take a seat in a call. `participantId` resumes the seat that this user had before the connection broke (`resumed: true`: the media connection is still there). `hasVideo` and `isMuted` may say how the seat begins.", (*session).joinCall),
	"leaveCall":            on(callLane, "Give the seat up. The argument is the call's id, or `{callId}`.", (*session).leaveCall),
	"webrtc:offer":         on(callLane, "Negotiate the media connection: the client's offer in, the server's answer in the ack, also for every later offer. `tracks` names the `source` of every section that sends: `microphone`, `camera`, `screen` or `screen-audio`. Sections that receive are slots. A client that changes its network restarts ICE by an offer; the ack's `iceServers` have fresh credentials, for the next time.", (*session).offer),
	"webrtc:ice-candidate": on(callLane, "One more ICE candidate of the client.", (*session).candidate),
	"setView":              on(callLane, "Which participants' video is shown, and at what size in pixels. What is not listed is not sent. Before the first `setView` every slot is filled in order of joining. Audio is always sent.", (*session).setView),
	"toggleVideo":          on(callLane, "The camera was switched on or off. While it is off the server forwards nothing of it.", (*session).toggleVideo),
	"toggleMute":           on(callLane, "The microphone was switched off or on. While it is off the server forwards nothing of it.", (*session).toggleMute),
	"heartbeat":            {doc: "Is the connection alive? Answered at once, whatever else is being worked on. Whoever has reason to doubt it asks, and makes a new connection when no answer comes.", lane: noLane, handle: heartbeat},
	"toggleScreen":         on(callLane, "Sharing a screen began or ended.", (*session).toggleScreen),
}

// Pushes that the edge itself makes.
const (
	EventReady        = "ready"
	EventSessionEnded = "sessionEnded"
)

// pushes lists all that the server sends by itself, for docs/protocol.md.
var pushes = []struct{ name, doc string }{
	{EventReady, "The connection may be used: who one is, the epoch of the counters, the limits. A client that was here before sends `sync` now."},
	{chat.EventNewMessage, "A message was written in a channel, by anyone, on any device; by oneself too."},
	{chat.EventChannelAdded, "The user is now a member of this channel."},
	{chat.EventChannelRemoved, "The user no longer is."},
	{call.EventIncomingCall, "A call rings; told again to a device that connects while it does."},
	{call.EventCallAccepted, "The user took the call on one of their devices: the others stop ringing."},
	{call.EventCallRejected, "A user declined; to that user's devices and to the participants."},
	{call.EventCallMissed, "The call stopped ringing and was not taken."},
	{call.EventCallUpdated, "How many are in a channel's call; to the whole channel."},
	{call.EventCallEnded, "A channel's call is over; to the whole channel. `callStatus` is `completed`, `missed` or `rejected`; `totalDuration` is in seconds."},
	{call.EventParticipantJoined, "Somebody took a seat; to the participants."},
	{call.EventParticipantLeft, "Somebody gave it up. `reason` is `left`, `disconnected` or `callEnded`."},
	{call.EventParticipantVideoToggled, "Somebody's camera was switched."},
	{call.EventParticipantMuteToggled, "Somebody's microphone was switched."},
	{call.EventParticipantScreenToggled, "Somebody began or ended sharing a screen."},
	{call.EventSlots, "Whose media each receiving section of one's own connection carries now; null for an empty one. Always the whole list."},
	{call.EventMediaState, "The state of one's own media connection as the server sees it: `connecting`, `connected`, `interrupted`, `failed`."},
	{call.EventRestart, "The server has heard nothing of one's own media for some seconds, or has not since the socket came back: restart ICE (`restartIce()`, then `webrtc:offer` again). When `mediaState` says `failed`, that is too late: make a new PeerConnection and offer it on the same seat."},
	{call.EventActiveSpeakers, "Who speaks, the loudest first, with a `level` of 0 to 1, and the one `dominant` speaker, who stays through silence; null when nobody has spoken yet, or the one who did has left. To the participants, at most four times a second."},
	{call.EventConnectionQuality, "How one's own media fared in the last two seconds, up and down; null when none was under way. `mos` is 1 to 5, the worse of sound (ITU-T G.107) and pictures; `rtt` (null when not known) and `jitter` are in milliseconds, `loss` in percent of the packets; `cause` says in words what weighs most, null when nothing does."},
	{call.EventCallQuality, "How well everyone in the call is connected: `excellent` (a MOS of 4 and more), `good` (3.5), `fair` (3) or `poor`. Who is not listed has no media under way. Always the whole list; when it changes."},
	{call.EventLayers, "Which simulcast layers (by `rid`) of one's own sections somebody takes now; the others need not be sent, and cost nothing then. Applied by setting `active` of the sender's encodings. Sections that are not listed send all they have. Always the whole list; at first everything is wanted."},
	{EventSessionEnded, "The token has run out. The connection is closed next; connect again with a new one."},
}

type readyPush struct {
	User       chat.User   `json:"user"`
	Epoch      string      `json:"epoch"`
	ServerTime time.Time   `json:"serverTime"`
	Limits     readyLimits `json:"limits"`
}

type readyLimits struct {
	MessageLength    int `json:"messageLength"`
	CallParticipants int `json:"callParticipants"`
}

type sessionEndedPush struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}
