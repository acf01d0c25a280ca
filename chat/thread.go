package chat

import (
	"context"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
)

// ThreadPage is a thread's root and a page of its replies.
type ThreadPage struct {
	Page
	Root  Message     `json:"root"`
	State ThreadState `json:"thread"`
}

// Thread returns a page of the replies to a message, oldest first. Before and After are a reply's seq.
func (s *Service) Thread(ctx context.Context, who auth.Identity, rootID string, r HistoryRequest) (ThreadPage, error) {
	p, err := s.message(ctx, who, Read, rootID)
	if err != nil {
		return ThreadPage{}, err
	}
	if p.Message.ParentID != "" {
		return ThreadPage{}, fault.New(fault.Invalid, "not_a_thread", "This message is a reply itself.").With("parentMessageId", p.Message.ParentID)
	}
	r.ChannelID = p.Channel.ID
	q, err := s.query(ctx, r)
	if err != nil {
		return ThreadPage{}, err
	}
	state, err := s.store.Thread(ctx, rootID, who.UserID)
	if err != nil {
		return ThreadPage{}, err
	}
	page, err := s.store.Replies(ctx, rootID, q)
	return ThreadPage{Page: page, Root: p.Message, State: state}, err
}

// FollowRequest asks to be told of a thread's replies, or no longer.
type FollowRequest struct {
	MessageID string `json:"messageId"`
	Following bool   `json:"isFollowing"`
}

// FollowThread begins or ends following a thread.
func (s *Service) FollowThread(ctx context.Context, who auth.Identity, r FollowRequest) error {
	p, err := s.message(ctx, who, Read, r.MessageID)
	if err != nil {
		return err
	}
	if p.Message.ParentID != "" {
		r.MessageID = p.Message.ParentID
	}
	if err := s.store.FollowThread(ctx, r.MessageID, who.UserID, r.Following); err != nil {
		return err
	}
	s.publishState(ctx, bus.User(who.UserID), EventThreadFollowed, r.MessageID, r)
	return nil
}
