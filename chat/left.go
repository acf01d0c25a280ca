package chat

import (
	"context"
	"encoding/json"

	"github.com/digierapro/parley/internal/bus"
)

// OnLeft calls fn, which must not block, with everybody who is no longer in a channel, when this node is told so, until stop
// is called.
func (s *Service) OnLeft(channelID string, fn func(userID string)) (stop func()) {
	return s.bus.Subscribe(bus.Channel(channelID), func(e bus.Event) {
		var left MemberRemoved
		if e.Name == EventMemberRemoved && json.Unmarshal(e.Data, &left) == nil {
			fn(left.UserID)
		}
	})
}

// OnDeactivated does so with everybody who is deactivated.
func (s *Service) OnDeactivated(fn func(userID string)) (stop func()) {
	return s.bus.Subscribe(bus.Directory(), func(e bus.Event) {
		var u UserStanding
		if e.Name == EventUserDeactivated && json.Unmarshal(e.Data, &u) == nil {
			s.barred.set(u.UserID, false) // Run may hear of it after us, and fn shall find it so
			fn(u.UserID)
		}
	})
}

// ActiveMembers gives those of the users who are in each of the channels, and are not deactivated.
func (s *Service) ActiveMembers(ctx context.Context, channelIDs, userIDs []string) (map[string][]string, error) {
	return s.store.ActiveMembers(ctx, channelIDs, userIDs)
}
