package call

import (
	"encoding/json"
	"time"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/sfu/transport"
)

// Names of the pushes of this package.
const (
	EventIncomingCall             = "incomingCall"
	EventCallAccepted             = "callAccepted"
	EventCallRejected             = "callRejected"
	EventCallMissed               = "callMissed"
	EventCallUpdated              = "callUpdated"
	EventCallEnded                = "callEnded"
	EventParticipantJoined        = "participantJoined"
	EventParticipantLeft          = "participantLeft"
	EventParticipantVideoToggled  = "participantVideoToggled"
	EventParticipantMuteToggled   = "participantMuteToggled"
	EventParticipantScreenToggled = "participantScreenToggled"
	EventSlots                    = "slots"
	EventMediaState               = "mediaState"
	EventRestart                  = "webrtc:restart"
	EventActiveSpeakers           = "activeSpeakers"
	EventConnectionQuality        = "connectionQuality"
	EventCallQuality              = "callQuality"
	EventLayers                   = "layers"
)

// Incoming is a call that rings: the payload of EventIncomingCall.
type Incoming struct {
	CallID        string    `json:"callId"`
	ChannelID     string    `json:"channelId"`
	Type          Type      `json:"callType"`
	InitiatorID   string    `json:"initiatorId"`
	InitiatorName string    `json:"initiatorName"`
	StartedAt     time.Time `json:"startedAt"`
}

type callAnswered struct { // callAccepted and callRejected
	CallID    string `json:"callId"`
	ChannelID string `json:"channelId"`
	UserID    string `json:"userId"`
}

type callMissed struct {
	CallID        string `json:"callId"`
	ChannelID     string `json:"channelId"`
	InitiatorID   string `json:"initiatorId"`
	InitiatorName string `json:"initiatorName"`
}

type callUpdated struct {
	CallID           string    `json:"callId"`
	ChannelID        string    `json:"channelId"`
	Type             Type      `json:"callType"`
	ParticipantCount int       `json:"participantCount"`
	StartedAt        time.Time `json:"startedAt"`
}

type callEnded struct {
	CallID        string `json:"callId"`
	ChannelID     string `json:"channelId"`
	Status        Status `json:"callStatus"`
	TotalDuration int    `json:"totalDuration"`
}

type participantJoined struct {
	CallID string `json:"callId"`
	Participant
}

type participantLeft struct {
	CallID        string      `json:"callId"`
	ParticipantID string      `json:"participantId"`
	UserID        string      `json:"userId"`
	Reason        LeaveReason `json:"reason"`
}

type toggled struct {
	CallID          string `json:"callId"`
	ParticipantID   string `json:"participantId"`
	UserID          string `json:"userId"`
	HasVideo        *bool  `json:"hasVideo,omitempty"`
	IsMuted         *bool  `json:"isMuted,omitempty"`
	IsSharingScreen *bool  `json:"isSharingScreen,omitempty"`
}

type slotsChanged struct {
	CallID string      `json:"callId"`
	Slots  []slotState `json:"slots"`
}

// slotState says whose media a section of the client's connection carries now; nils for an empty one.
type slotState struct {
	Mid           string  `json:"mid"`
	Kind          string  `json:"kind"`
	ParticipantID *string `json:"participantId"`
	UserID        *string `json:"userId"`
	Source        *string `json:"source"`
}

type layersWanted struct {
	CallID string        `json:"callId"`
	Tracks []trackLayers `json:"tracks"`
}

// trackLayers says which simulcast layers of a section that the client sends are taken now.
type trackLayers struct {
	Mid    string   `json:"mid"`
	Source string   `json:"source"`
	Active []string `json:"active"`
}

type mediaState struct {
	CallID        string `json:"callId"`
	ParticipantID string `json:"participantId"`
	State         string `json:"state"`
}

// MediaMissing tells whether an event says that a client's media is not there when it should be, so that its socket may
// be dead, too.
func MediaMissing(e bus.Event) bool {
	var media mediaState
	switch {
	case e.Name == EventRestart:
		return true
	case e.Name != EventMediaState || json.Unmarshal(e.Data, &media) != nil:
		return false
	}
	return media.State == transport.Connecting.String() || media.State == transport.Failed.String()
}

// mediaRestart asks a client to look for another way for its media.
type mediaRestart struct {
	CallID string `json:"callId"`
}

// tellCall, tellChannel and tellUser make one event for change to publish.
func (s *Service) tellCall(l *live, name string, payload any) func() {
	return func() { s.publish(bus.Call(l.id), name, bus.Durable, "", payload) }
}

func (s *Service) tellChannel(l *live, name string, payload any) func() {
	return func() { s.publish(bus.Channel(l.channelID), name, bus.Durable, "", payload) }
}

func (s *Service) tellUser(userID, name string, payload any) func() {
	return func() { s.publish(bus.User(userID), name, bus.Durable, "", payload) }
}

// tellCount tells the channel how many are in the call now; of several that wait for a slow client the last will do.
func (s *Service) tellCount(l *live, a Active) func() {
	return func() {
		s.publish(bus.Channel(l.channelID), EventCallUpdated, bus.State, "callUpdated:"+l.id, callUpdated{
			CallID: l.id, ChannelID: l.channelID, Type: a.Type, ParticipantCount: a.ParticipantCount, StartedAt: a.StartedAt,
		})
	}
}
