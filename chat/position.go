package chat

import (
	"context"
	"maps"
	"slices"
)

// Positions are the eventSeq of the last change of channels, now. The given ones name the channels.
func (s *Service) Positions(ctx context.Context, channels map[string]int64) (map[string]int64, error) {
	return s.store.Positions(ctx, slices.Collect(maps.Keys(channels)))
}

// Missed returns the changes of channels after a position each. Of a channel with too many, or some of which are no longer
// kept, it is the last one alone: by it the clients see that they missed something, and sync.
func (s *Service) Missed(ctx context.Context, after, present map[string]int64) (map[string][]Change, error) {
	if len(after) == 0 {
		return nil, nil
	}
	missed, err := s.store.Changes(ctx, after, maxSyncChanges, maxSyncBytes)
	if err != nil {
		return nil, err
	}
	last := make(map[string]int64)
	for channelID, told := range after {
		if list := missed[channelID]; len(list) == 0 || list[0].EventSeq != told+1 {
			delete(missed, channelID)
			last[channelID] = present[channelID] - 1
		}
	}
	if len(last) == 0 {
		return missed, nil
	}
	rest, err := s.store.Changes(ctx, last, maxSyncChanges, maxSyncBytes)
	if err != nil {
		return nil, err
	}
	maps.Copy(missed, rest)
	return missed, nil
}

// Memberships gives the channels that each of some users is in, and whether those are internal.
func (s *Service) Memberships(ctx context.Context, userIDs []string) (map[string]map[string]bool, error) {
	return s.store.Memberships(ctx, userIDs)
}
