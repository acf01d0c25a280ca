package chat

import (
	"context"
	"slices"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
)

// Bounds of one sync.
const (
	maxSyncChannels   = 2000 // channels a client may name
	maxChannelChanges = 300  // changes of one channel before it is reset instead
	maxSyncChanges    = 1000 // changes in one answer
	maxSyncBytes      = 512 << 10
)

// SyncRequest is what a client that comes back knows: for each channel the last eventSeq it has applied, and the last change of
// people that it was told of, if it shows people.
type SyncRequest struct {
	Epoch     string           `json:"epoch"`
	Channels  map[string]int64 `json:"channels"`
	PeopleSeq *int64           `json:"peopleSeq,omitempty"`
}

// SyncStatus says what became of a channel.
type SyncStatus string

// A channel's answer is everything that was missed, or the word to fetch it afresh; never a part.
const (
	SyncEvents SyncStatus = "events" // Events is all that was missed, in order
	SyncReset  SyncStatus = "reset"  // too much, or no longer kept: fetch the channel anew
	SyncGone   SyncStatus = "gone"   // the user is no longer in it
)

// ChannelSync is the answer for one channel.
type ChannelSync struct {
	Status   SyncStatus `json:"status"`
	EventSeq int64      `json:"eventSeq,omitempty"` // where the client stands after applying Events, or the present one
	Events   []Change   `json:"events,omitzero"`
}

// SyncAnswer is the answer to a SyncRequest. Added are the channels the client did not name.
type SyncAnswer struct {
	Epoch    string                 `json:"epoch"`
	Channels map[string]ChannelSync `json:"channels"`
	Added    []Channel              `json:"added"`

	People      []Person `json:"people"`        // who looks otherwise, of those whom the client may know
	PeopleSeq   int64    `json:"peopleSeq"`     // since which change they do not
	PeopleReset bool     `json:"isPeopleReset"` // too many do: what is shown of people is to be fetched anew
}

// Sync tells a client that was away what it missed.
func (s *Service) Sync(ctx context.Context, who auth.Identity, r SyncRequest) (SyncAnswer, error) {
	if len(r.Channels) > maxSyncChannels {
		return SyncAnswer{}, fault.Newf(fault.TooLarge, "too_many_channels", "A sync names at most %d channels.", maxSyncChannels)
	}
	mine, epoch, err := s.Channels(ctx, who)
	if err != nil {
		return SyncAnswer{}, err
	}
	answer := SyncAnswer{Epoch: epoch, Channels: make(map[string]ChannelSync, len(r.Channels)), Added: []Channel{}, People: []Person{}}
	for channelID := range r.Channels {
		answer.Channels[channelID] = ChannelSync{Status: SyncGone}
	}
	archived, err := s.namedArchived(ctx, who, r, mine)
	if err != nil {
		return SyncAnswer{}, err
	}
	behind := make(map[string]int64)
	for _, ch := range slices.Concat(mine, archived) {
		cursor, known := r.Channels[ch.ID]
		switch {
		case !known:
			answer.Added = append(answer.Added, ch)
		case r.Epoch != epoch || cursor < 0 || cursor > ch.EventSeq || ch.EventSeq-cursor > maxChannelChanges:
			answer.Channels[ch.ID] = ChannelSync{Status: SyncReset, EventSeq: ch.EventSeq}
		case cursor == ch.EventSeq:
			answer.Channels[ch.ID] = ChannelSync{Status: SyncEvents, EventSeq: cursor, Events: []Change{}}
		default:
			behind[ch.ID] = cursor
			answer.Channels[ch.ID] = ChannelSync{Status: SyncReset, EventSeq: ch.EventSeq}
		}
	}
	answer.PeopleSeq = s.PeopleSeq()
	if r.PeopleSeq != nil {
		if err := s.syncPeople(ctx, who, *r.PeopleSeq, &answer, slices.Concat(mine, archived)); err != nil {
			return SyncAnswer{}, err
		}
	}
	return answer, s.fill(ctx, &answer, behind)
}

// namedArchived are the archived channels that a client names: it is in them still, and reads them. Others are not listed.
func (s *Service) namedArchived(ctx context.Context, who auth.Identity, r SyncRequest, listed []Channel) ([]Channel, error) {
	known := 0
	for _, ch := range listed {
		if _, named := r.Channels[ch.ID]; named {
			known++
		}
	}
	if known == len(r.Channels) {
		return nil, nil
	}
	archived, err := s.ArchivedChannels(ctx, who)
	return slices.DeleteFunc(archived, func(ch Channel) bool {
		_, named := r.Channels[ch.ID]
		return !named
	}), err
}

// fill replaces the reset of every channel whose changes are all there by those changes.
func (s *Service) fill(ctx context.Context, answer *SyncAnswer, behind map[string]int64) error {
	if len(behind) == 0 {
		return nil
	}
	changes, err := s.store.Changes(ctx, behind, maxSyncChanges, maxSyncBytes)
	if err != nil {
		return err
	}
	for channelID, list := range changes {
		if len(list) == 0 || len(list) > maxChannelChanges || list[0].EventSeq != behind[channelID]+1 {
			continue
		}
		answer.Channels[channelID] = ChannelSync{Status: SyncEvents, EventSeq: list[len(list)-1].EventSeq, Events: list}
	}
	return nil
}
