package signaling

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
)

// A change is told at most once: a bus may lose it, a server may die between the commit and the telling, and nodes may share
// a database without a bus between them. So each node asks the database now and then how far the channels are that are
// heard here, and tells what was not told.
const (
	positionsEvery = 4 * time.Second
	tellingTime    = 250 * time.Millisecond // from a commit to its telling
)

// unknown is the position of a channel of which nothing is known yet.
const unknown = -1

// channelOf is the channel whose topic it is; empty for others.
func channelOf(topic string) string {
	channelID, is := strings.CutPrefix(topic, bus.Channel(""))
	if !is {
		return ""
	}
	return channelID
}

// know notes how far channels were when their sockets began to hear them.
func (h *hub) know(positions map[string]int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for channelID, eventSeq := range positions {
		if sub := h.topics[bus.Channel(channelID)]; sub != nil && sub.told == unknown {
			sub.told = eventSeq
		}
	}
}

// noteTold notes that a change was told.
func (h *hub) noteTold(topic string, e bus.Event) {
	var change struct {
		EventSeq int64 `json:"eventSeq"`
	}
	if e.Class != bus.Durable || channelOf(topic) == "" || json.Unmarshal(e.Data, &change) != nil || change.EventSeq == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if sub := h.topics[topic]; sub != nil {
		sub.told = max(sub.told, change.EventSeq)
	}
}

// positions are how far what was told of each channel that is heard here goes.
func (h *hub) positions() map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	positions := make(map[string]int64)
	for topic, sub := range h.topics {
		if channelID := channelOf(topic); channelID != "" {
			positions[channelID] = sub.told
		}
	}
	return positions
}

// behind are those channels of which less was told than the database has.
func (h *hub) behind(present map[string]int64) map[string]int64 {
	behind := make(map[string]int64)
	for channelID, told := range h.positions() {
		if now, ok := present[channelID]; ok && told != unknown && told < now {
			behind[channelID] = told
		}
	}
	return behind
}

// keepPositions tells what was not told, until ctx ends.
func (s *Server) keepPositions(ctx context.Context) {
	ticks := time.NewTicker(positionsEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
		if err := s.tellMissed(ctx); err != nil && ctx.Err() == nil && fault.KindOf(err) != fault.Unavailable {
			s.log.Error("changes that were not told cannot be found", "error", err)
		}
	}
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
		s.stats.Missed.Add(uint64(len(changes)))
		for _, c := range changes {
			s.hub.tell(channelID, c)
		}
	}
	return nil
}

// tell tells a change that was made elsewhere. Whoever was removed elsewhere hears no more of the channel here.
func (h *hub) tell(channelID string, c chat.Change) {
	h.deliver(bus.Channel(channelID), bus.Event{Name: c.Event, Data: c.Data})
	if c.Event != chat.EventMemberRemoved {
		return
	}
	var removed chat.MemberRemoved
	gone, err := json.Marshal(chat.ChannelRemoved{ChannelID: channelID})
	if err == nil && json.Unmarshal(c.Data, &removed) == nil {
		h.deliver(bus.User(removed.UserID), bus.Event{Name: chat.EventChannelRemoved, Data: gone})
	}
}
