package chat

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

const maxSuggestions = 8 // of each sort

// Suggestions are what somebody who types may mean. What they searched for before is for their own device to remember.
type Suggestions struct {
	Channels []SuggestedChannel `json:"channels"`
	People   []User             `json:"people"`
}

// SuggestedChannel is a channel of one's own.
type SuggestedChannel struct {
	ID   string      `json:"_id"`
	Name string      `json:"name"`
	Type ChannelType `json:"channelType"`
}

// Suggest finds one's channels and the people one may know of by a part of the name.
func (s *Service) Suggest(ctx context.Context, who auth.Identity, text string) (Suggestions, error) {
	if utf8.RuneCountInString(text) > maxNameSearch || !storable(text) {
		return Suggestions{}, fault.Newf(fault.Invalid, "bad_request", "A search is at most %d characters.", maxNameSearch).With("field", "q")
	}
	out := Suggestions{Channels: []SuggestedChannel{}, People: []User{}}
	part := strings.TrimSpace(Fold(text))
	if part == "" {
		return out, nil
	}
	channels, err := s.store.Channels(ctx, who.UserID)
	if err != nil {
		return out, err
	}
	for _, ch := range channels {
		if len(out.Channels) == maxSuggestions {
			break
		}
		if ch.Name != "" && ch.KnownTo(who) && strings.Contains(Fold(ch.Name), part) {
			out.Channels = append(out.Channels, SuggestedChannel{ID: ch.ID, Name: ch.Name, Type: ch.Type})
		}
	}
	out.People, err = s.People(ctx, who, text, maxSuggestions)
	return out, err
}
