package signaling

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/signaling/socketio"
)

// hub brings what is published on the bus to the sockets that hear it. A socket's rooms are named as the topics; the hub
// subscribes to a topic while at least one socket of this node is in its room.
type hub struct {
	ns    *socketio.Namespace
	bus   bus.Bus
	probe time.Duration // what a client has to show that its socket lives, once its media is not heard any more

	mu     sync.Mutex
	topics map[string]*subscription // guarded by mu
}

type subscription struct {
	sockets int
	stop    func()
	told    told // of a channel
}

func newHub(ns *socketio.Namespace, b bus.Bus, probe time.Duration) *hub {
	return &hub{ns: ns, bus: b, probe: probe, topics: make(map[string]*subscription)}
}

func (h *hub) join(socket *socketio.Socket, topic string) {
	socket.Join(topic)
	h.mu.Lock()
	defer h.mu.Unlock()
	sub := h.topics[topic]
	if sub == nil {
		sub = &subscription{told: told{to: unknown}, stop: h.bus.Subscribe(topic, func(e bus.Event) { h.deliver(topic, e) })}
		h.topics[topic] = sub
	}
	sub.sockets++
}

// sockets counts those of this node that hear a topic.
func (h *hub) sockets(topic string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if sub := h.topics[topic]; sub != nil {
		return sub.sockets
	}
	return 0
}

func (h *hub) leave(socket *socketio.Socket, topic string) {
	socket.Leave(topic)
	h.mu.Lock()
	defer h.mu.Unlock()
	sub := h.topics[topic]
	if sub == nil {
		return
	}
	if sub.sockets--; sub.sockets == 0 {
		delete(h.topics, topic)
		sub.stop()
	}
}

// deliver encodes the event once for all sockets in the room; false when it is a change that they were told before. A
// change of a user's memberships also changes what their sockets hear, before they are told.
func (h *hub) deliver(topic string, e bus.Event) bool {
	if !h.noteTold(topic, e) {
		return false
	}
	to := h.ns.To(topic)
	switch {
	case strings.HasPrefix(topic, bus.User("")):
		all := to
		to = to.Except(withheld(all, e)...)
		h.follow(all, e)
		if inward[e.Name] {
			return true
		}
	case call.MediaMissing(e):
		eachSession(to, func(sess *session) { sess.socket.Probe(h.probe) }) // a closed laptop says good-bye on neither
	}
	switch e.Class {
	case bus.State:
		to = to.State(e.Key)
	case bus.Ephemeral:
		to = to.Ephemeral()
	}
	_ = to.Emit(e.Name, e.Data)
	return true
}

// inward are the events for what a user's sockets hear, of which their clients are told otherwise or not at all.
var inward = map[string]bool{
	chat.EventUserDeactivated: true, chat.EventDescribedAnew: true, chat.EventEntered: true, chat.EventUnheard: true,
}

func (h *hub) follow(to socketio.Emitter, e bus.Event) {
	switch e.Name {
	case chat.EventChannelAdded:
		var added chat.ChannelAdded
		if json.Unmarshal(e.Data, &added) == nil {
			eachSession(to, func(sess *session) { sess.addedTo(added.Channel) })
		}
	case chat.EventUnheard:
		var by chat.BlockRequest
		if json.Unmarshal(e.Data, &by) == nil {
			eachSession(to, func(sess *session) { sess.unhear(bus.Presence(by.UserID)) })
		}
	case chat.EventUserDeactivated:
		eachSession(to, (*session).deactivated)
	case chat.EventDescribedAnew:
		eachSession(to, (*session).describedAnew)
	case chat.EventEntered:
		eachSession(to, (*session).compare)
	case chat.EventChannelRemoved:
		var removed chat.ChannelRemoved
		if json.Unmarshal(e.Data, &removed) == nil {
			eachSession(to, func(sess *session) { sess.removedFrom(removed.ChannelID) })
		}
	}
}

// eachSession calls f for everybody meant, also for those whose connection is lost and may be recovered.
func eachSession(to socketio.Emitter, f func(*session)) {
	to.EachValue(func(value any) {
		if sess, ok := value.(*session); ok {
			f(sess)
		}
	})
}
