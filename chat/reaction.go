package chat

import (
	"context"
	"slices"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
)

// Emoji are those that a message can be reacted with.
var Emoji = []string{"👍", "❤️", "😂", "😮", "😢", "🎉", "🔥", "👏"}

// ReactRequest asks for a reaction. Without On it is a toggle: given once more, it is taken back. On makes it repeatable:
// true puts it there, false takes it away, whatever was before.
type ReactRequest struct {
	MessageID string `json:"messageId"`
	Emoji     string `json:"emoji"`
	On        *bool  `json:"on"`
}

// Reacted answers it.
type Reacted struct {
	Changed
	Added bool `json:"added"` // the emoji is there now
}

// React puts one's emoji under a message, or takes it away.
func (s *Service) React(ctx context.Context, who auth.Identity, r ReactRequest) (Reacted, error) {
	if !slices.Contains(Emoji, r.Emoji) {
		return Reacted{}, fault.New(fault.Invalid, "unknown_emoji", "A reaction is one of the eight that the app shows.").
			With("field", "emoji").With("allowed", Emoji)
	}
	p, err := s.message(ctx, who, React, r.MessageID)
	if err != nil {
		return Reacted{}, err
	}
	on := false
	if r.On != nil {
		on = *r.On
	} else if has, err := s.store.HasReacted(ctx, r.MessageID, r.Emoji, who.UserID); err != nil {
		return Reacted{}, err
	} else {
		on = !has
	}
	at, eventSeq, err := s.store.React(ctx, Reacting{
		MessageID: r.MessageID, UserID: who.UserID, Emoji: r.Emoji, On: on, Limit: maxReactions,
	})
	if err != nil {
		return Reacted{}, err
	}
	if eventSeq > 0 {
		s.publish(ctx, bus.Channel(p.Channel.ID), reactionEvent(on), ReactionChanged{
			ChannelID: p.Channel.ID, EventSeq: eventSeq, MessageID: r.MessageID, Emoji: r.Emoji, UserID: who.UserID, CreatedAt: at,
		})
	}
	return Reacted{Changed{ChannelID: p.Channel.ID, MessageID: r.MessageID, EventSeq: eventSeq}, on}, nil
}

func reactionEvent(on bool) string {
	if on {
		return EventReactionAdded
	}
	return EventReactionRemoved
}
