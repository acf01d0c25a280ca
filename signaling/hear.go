package signaling

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/digierapro/parley/internal/bus"
)

// hear lets the socket receive what is published on a topic.
func (sess *session) hear(topic string) {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if sess.rooms == nil || sess.rooms[topic] {
		return
	}
	sess.rooms[topic] = true
	sess.server.hub.join(sess.socket, topic)
}

func (sess *session) hears(topic string) bool {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	return sess.rooms[topic]
}

// knows tells whether the socket hears a channel, or has left it by itself.
func (sess *session) knows(channelID string) bool {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	return sess.rooms[bus.Channel(channelID)] || sess.left[channelID]
}

// unhear ends that.
func (sess *session) unhear(topic string) {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if sess.rooms[topic] {
		delete(sess.rooms, topic)
		sess.server.hub.leave(sess.socket, topic)
	}
}

// hearOnly lets the socket hear these channels, and no other that a connection before it heard.
func (sess *session) hearOnly(channels []string) {
	allowed := make(map[string]bool, len(channels))
	for _, channelID := range channels {
		allowed[bus.Channel(channelID)] = true
		sess.hear(bus.Channel(channelID))
	}
	for _, topic := range sess.topics() {
		if strings.HasPrefix(topic, bus.Channel("")) && !allowed[topic] {
			sess.unhear(topic)
		}
	}
}

// settleTime is the most that a client waits until other nodes are heard. What is said there meanwhile is found later.
const settleTime = time.Second

// settle waits until what the socket hears is heard from other nodes, too. What was said there before the client has its
// ready, it fetches; what is said after that, it is told.
func (sess *session) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	sess.server.cfg.Bus.Settle(ctx)
}

// channels are those that the socket hears, and those that it has left.
func (sess *session) channels() (heard, left []string) {
	for _, topic := range sess.topics() {
		if channelID := channelOf(topic); channelID != "" {
			heard = append(heard, channelID)
		}
	}
	sess.mu.Lock()
	defer sess.mu.Unlock()
	return heard, slices.Collect(maps.Keys(sess.left))
}

// leave notes whether the client does not want to hear a channel that its user is in.
func (sess *session) leave(channelID string, on bool) {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if !on {
		delete(sess.left, channelID)
		return
	}
	if sess.left == nil {
		sess.left = make(map[string]bool)
	}
	sess.left[channelID] = true
}

func (sess *session) topics() []string {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	return slices.Collect(maps.Keys(sess.rooms))
}
