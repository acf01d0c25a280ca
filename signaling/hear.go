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
	sess.hearLocked(topic)
}

func (sess *session) hearLocked(topic string) {
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
	sess.unhearLocked(topic)
}

func (sess *session) unhearLocked(topic string) {
	if sess.rooms[topic] {
		delete(sess.rooms, topic)
		sess.server.hub.leave(sess.socket, topic)
	}
}

// While the database is asked what the session may hear, the session may be told of a change, which is newer than the answer:
// changes are told after they are committed. So what it is told until asked is called is noted, and goes before the answer.
func (sess *session) ask() {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if sess.asking++; sess.news == nil {
		sess.news = make(map[string]bool)
	}
}

// asked ends that. What others who ask find noted from before they did is followed by the news of what they were answered.
func (sess *session) asked() {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if sess.asking--; sess.asking == 0 {
		sess.news = nil
	}
}

// turn notes that the session's user is in a channel now, or no longer, and has it heard so.
func (sess *session) turn(channelID string, in bool) {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if sess.news != nil {
		sess.news[channelID] = in
	}
	if in {
		sess.hearLocked(bus.Channel(channelID))
	} else {
		sess.unhearLocked(bus.Channel(channelID))
	}
}

// hearAlso lets the socket hear a channel that it asked for; false when its user is no longer in it.
func (sess *session) hearAlso(channelID string) bool {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if in, told := sess.news[channelID]; told && !in {
		return false
	}
	delete(sess.left, channelID)
	sess.hearLocked(bus.Channel(channelID))
	return true
}

// hearNoMore ends that of a channel that it asked for; false when its user is in it again.
func (sess *session) hearNoMore(channelID string) bool {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if sess.news[channelID] {
		return false
	}
	sess.unhearLocked(bus.Channel(channelID))
	return true
}

// hearOnly lets the socket hear the channels that it asked for, and no other that a connection before it heard.
func (sess *session) hearOnly(channels []string) {
	sess.mu.Lock()
	defer sess.mu.Unlock()
	allowed := make(map[string]bool, len(channels))
	for _, channelID := range channels {
		allowed[bus.Channel(channelID)] = true
	}
	for channelID, in := range sess.news {
		allowed[bus.Channel(channelID)] = in
	}
	for topic, in := range allowed {
		if in {
			sess.hearLocked(topic)
		}
	}
	for topic := range maps.Clone(sess.rooms) {
		if strings.HasPrefix(topic, bus.Channel("")) && !allowed[topic] {
			sess.unhearLocked(topic)
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

// leave notes that the client does not want to hear a channel that its user is in.
func (sess *session) leave(channelID string) {
	sess.mu.Lock()
	defer sess.mu.Unlock()
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
