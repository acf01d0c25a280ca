package chat

import (
	"context"
	"slices"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
)

// maxBlocks bounds how many people one user blocks.
const maxBlocks = 1000

// ErrTooManyBlocks is the answer beyond that.
var ErrTooManyBlocks = fault.Newf(fault.TooLarge, "too_many_blocks", "You can block at most %d people.", maxBlocks).With("limit", maxBlocks)

// BlockRequest asks to hear nothing more of somebody, or to hear of them again.
type BlockRequest struct {
	UserID string `json:"userId"`
	On     bool   `json:"on"`
}

// BlockUser begins or ends blocking somebody. They are not told: their direct messages are refused in words that do not say
// why, their calls there do not ring, their mentions do not notify. What they write in channels the client hides.
func (s *Service) BlockUser(ctx context.Context, who auth.Identity, r BlockRequest) error {
	if r.UserID == who.UserID {
		return fault.New(fault.Invalid, "bad_request", "You cannot block yourself.").With("field", "userId")
	}
	if !directoryID(r.UserID) {
		return ErrNoUser
	}
	if !who.Internal { // a client learns of nobody that they do not know
		known, err := s.store.ShareChannel(ctx, who.UserID, r.UserID)
		if err != nil {
			return err
		}
		if !known && r.On {
			return ErrNoUser
		}
	}
	changed, err := s.store.Block(ctx, who.UserID, r.UserID, r.On, maxBlocks)
	if err == nil && changed {
		s.publishState(ctx, bus.User(who.UserID), EventUserBlocked, r.UserID, r)
		if r.On {
			s.publish(ctx, bus.User(r.UserID), EventUnheard, BlockRequest{UserID: who.UserID, On: true})
		}
	}
	return err
}

// Blocks lists whom the user blocks.
func (s *Service) Blocks(ctx context.Context, who auth.Identity) ([]Person, error) {
	return s.store.Blocks(ctx, who.UserID)
}

// BlockedBy gives those of some users, or of all with nil, who want to hear nothing of a user.
func (s *Service) BlockedBy(ctx context.Context, userID string, userIDs []string) ([]string, error) {
	return s.store.BlockedBy(ctx, userID, userIDs)
}

// withoutBlockers takes those out of a list who want to hear nothing of a user. When it cannot be asked, nobody is left out.
func (s *Service) withoutBlockers(ctx context.Context, of string, userIDs []string) []string {
	if len(userIDs) == 0 {
		return userIDs
	}
	blockers, err := s.store.BlockedBy(context.WithoutCancel(ctx), of, userIDs)
	if err != nil {
		s.log.Warn("not known who blocks a user", "user", of, "error", err)
		return userIDs
	}
	return slices.DeleteFunc(slices.Clone(userIDs), func(userID string) bool { return slices.Contains(blockers, userID) })
}
