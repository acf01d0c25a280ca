package signaling

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/bus"
)

// A change is told at most once: a bus may lose it, a server may die between the commit and the telling, and nodes may share
// a database without a bus between them. So each node asks the database now and then how far the channels are that are
// heard here, and tells what was not told.
const (
	positionsEvery = 4 * time.Second
	unheardEvery   = time.Second            // while other nodes are not heard
	tellingTime    = 250 * time.Millisecond // from a commit to its telling
)

// channelOf is the channel whose topic it is; empty for others.
func channelOf(topic string) string {
	channelID, _ := cutTopic(topic, bus.Channel(""))
	return channelID
}

// cutTopic is what a topic is about, if it is one of those that begin so.
func cutTopic(topic, kind string) (about string, is bool) {
	if about, is = strings.CutPrefix(topic, kind); !is {
		return "", false
	}
	return about, true
}

func pushed(name string, payload any) (bus.Event, error) {
	data, err := json.Marshal(payload)
	return bus.Event{Name: name, Data: data}, err
}

// know notes how far channels were when their sockets began to hear them.
func (h *hub) know(positions map[string]int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for channelID, eventSeq := range positions {
		if sub := h.topics[bus.Channel(channelID)]; sub != nil {
			sub.told.know(eventSeq)
		}
	}
}

// noteTold notes that an event is told now; false when it is a change that was told before.
func (h *hub) noteTold(topic string, e bus.Event) bool {
	var change struct {
		EventSeq int64 `json:"eventSeq"`
	}
	if e.Class != bus.Durable || channelOf(topic) == "" || json.Unmarshal(e.Data, &change) != nil || change.EventSeq == 0 {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if sub := h.topics[topic]; sub != nil {
		return sub.told.note(change.EventSeq)
	}
	return true
}

// pass notes that the changes of a channel up to one were told, or cannot be any more.
func (h *hub) pass(channelID string, eventSeq int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if sub := h.topics[bus.Channel(channelID)]; sub != nil {
		sub.told.pass(eventSeq)
	}
}

// positions are how far what was told of each channel that is heard here goes, without a gap.
func (h *hub) positions() map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	positions := make(map[string]int64)
	for topic, sub := range h.topics {
		if channelID := channelOf(topic); channelID != "" {
			positions[channelID] = sub.told.to
		}
	}
	return positions
}

// behind are those channels of which less was told than the database has.
func (h *hub) behind(present map[string]int64) map[string]int64 {
	behind := make(map[string]int64)
	for channelID, to := range h.positions() {
		if now, ok := present[channelID]; ok && to != unknown && to < now {
			behind[channelID] = to
		}
	}
	return behind
}

// tellMissed compares the channels that are heard here with the database, by one query, and tells what is missing.
func (s *Server) tellMissed(ctx context.Context) error {
	heard := s.hub.positions()
	if len(heard) == 0 {
		return nil
	}
	present, err := s.cfg.Chat.Positions(ctx, heard)
	if err != nil {
		return err
	}
	s.hub.know(present)
	if len(s.hub.behind(present)) == 0 {
		return nil
	}
	telling := time.NewTimer(tellingTime)
	defer telling.Stop()
	select {
	case <-telling.C:
	case <-ctx.Done():
		return nil
	}
	behind := s.hub.behind(present)
	missed, err := s.cfg.Chat.Missed(ctx, behind, present)
	if err != nil {
		return err
	}
	for channelID, changes := range missed {
		for _, c := range changes {
			if s.hub.tell(channelID, c) {
				s.stats.Missed.Add(1)
			}
			s.hub.pass(channelID, c.EventSeq)
		}
	}
	return nil
}

// tell tells a change that was made elsewhere; false when it was told before. Whoever was removed elsewhere hears no more
// of the channel here.
func (h *hub) tell(channelID string, c chat.Change) bool {
	fresh := h.deliver(bus.Channel(channelID), bus.Event{Name: c.Event, Data: c.Data})
	if fresh && c.Event == chat.EventMemberRemoved {
		var removed chat.MemberRemoved
		if json.Unmarshal(c.Data, &removed) == nil {
			h.tellRemoved(removed.UserID, channelID)
		}
	}
	return fresh
}
