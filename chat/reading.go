package chat

import (
	"context"
	"slices"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// maxReceipts is the largest channel in which everybody sees up to where each member has read.
const maxReceipts = 50

// maxMarked bounds the messages that one markAsRead may name.
const maxMarked = 200

// ReadRequest says up to where the user has read: Seq, or the latest of MessageIDs.
type ReadRequest struct {
	ChannelID  string   `json:"channelId"`
	MessageIDs []string `json:"messageIds"`
	Seq        int64    `json:"seq"`
}

// Standing answers are pushed to all devices of the user, so that all show the same numbers.
type ChannelRead struct {
	ChannelID string `json:"channelId"`
	Standing
}

// MessagesRead tells a channel's members up to where one of them has read.
type MessagesRead struct {
	ChannelID  string   `json:"channelId"`
	UserID     string   `json:"userId"`
	ReadSeq    int64    `json:"readSeq"`
	MessageIDs []string `json:"messageIds,omitempty"` // as they were named
}

// MarkAsRead moves the user's cursor forward; it never goes back by this.
func (s *Service) MarkAsRead(ctx context.Context, who auth.Identity, r ReadRequest) (ChannelRead, error) {
	if len(r.MessageIDs) > maxMarked {
		return ChannelRead{}, fault.Newf(fault.TooLarge, "too_many_messages", "Name at most %d messages.", maxMarked).With("field", "messageIds")
	}
	if len(r.MessageIDs) == 0 && r.Seq <= 0 {
		return ChannelRead{}, fault.New(fault.Invalid, "bad_request", "Say up to which seq, or which messageIds, was read.").With("field", "seq")
	}
	ch, err := s.access(ctx, who, Read, r.ChannelID)
	if err != nil {
		return ChannelRead{}, err
	}
	seq := r.Seq
	if len(r.MessageIDs) > 0 {
		last, err := s.store.LastSeqOf(ctx, ch.ID, slices.DeleteFunc(slices.Clone(r.MessageIDs), func(m string) bool { return !id.Valid(m) }))
		if err != nil {
			return ChannelRead{}, err
		}
		if seq = max(seq, last); seq == 0 {
			return ChannelRead{}, ErrNoMessage
		}
	}
	return s.moveCursor(ctx, who, ch, seq, false, r.MessageIDs)
}

// MarkAsUnread moves the user's cursor back to before a message.
func (s *Service) MarkAsUnread(ctx context.Context, who auth.Identity, messageID string) (ChannelRead, error) {
	p, err := s.message(ctx, who, Read, messageID)
	if err != nil {
		return ChannelRead{}, err
	}
	return s.moveCursor(ctx, who, p.Channel, p.Message.Seq-1, true, nil)
}

func (s *Service) moveCursor(ctx context.Context, who auth.Identity, ch Channel, seq int64, back bool, named []string) (ChannelRead, error) {
	readSeq, changed, err := s.store.MarkRead(ctx, ch.ID, who.UserID, seq, back)
	if err != nil {
		return ChannelRead{}, err
	}
	standing, err := s.standing(ctx, who, ch.ID)
	if err != nil {
		return ChannelRead{}, err
	}
	read := ChannelRead{ChannelID: ch.ID, Standing: standing}
	if changed {
		s.publishState(ctx, bus.User(who.UserID), EventChannelRead, ch.ID, read)
		if !back && ch.ParticipantCount <= maxReceipts {
			s.publishState(ctx, bus.Channel(ch.ID), EventMessagesRead, who.UserID,
				MessagesRead{ChannelID: ch.ID, UserID: who.UserID, ReadSeq: readSeq, MessageIDs: named})
		}
	}
	return read, nil
}

func (s *Service) standing(ctx context.Context, who auth.Identity, channelID string) (Standing, error) {
	standings, err := s.store.Standings(ctx, who.UserID, []string{channelID})
	if err != nil {
		return Standing{}, err
	}
	standing, ok := standings[channelID]
	if !ok {
		return Standing{}, ErrNoChannel
	}
	return standing, nil
}

// Reads lists up to where each member of a small channel has read.
func (s *Service) Reads(ctx context.Context, who auth.Identity, channelID string) ([]ReadCursor, error) {
	ch, err := s.access(ctx, who, Read, channelID)
	if err != nil {
		return nil, err
	}
	if ch.ParticipantCount > maxReceipts {
		return nil, fault.Newf(fault.TooLarge, "channel_too_large", "Who has read what is shown in channels of up to %d members.", maxReceipts)
	}
	return s.store.Reads(ctx, channelID, maxReceipts)
}

// NotifyRequest says what the user wants to be told of a channel.
type NotifyRequest struct {
	ChannelID string      `json:"channelId"`
	Level     NotifyLevel `json:"notifyLevel"`
}

// SetNotifications sets what the user is told of a channel.
func (s *Service) SetNotifications(ctx context.Context, who auth.Identity, r NotifyRequest) (ChannelRead, error) {
	if r.Level != NotifyAll && r.Level != NotifyMentions && r.Level != NotifyNone {
		return ChannelRead{}, fault.New(fault.Invalid, "bad_request", "notifyLevel is all, mentions or none.").With("field", "notifyLevel")
	}
	if _, err := s.access(ctx, who, Read, r.ChannelID); err != nil {
		return ChannelRead{}, err
	}
	if err := s.store.SetNotifyLevel(ctx, r.ChannelID, who.UserID, r.Level); err != nil {
		return ChannelRead{}, err
	}
	standing, err := s.standing(ctx, who, r.ChannelID)
	if err != nil {
		return ChannelRead{}, err
	}
	read := ChannelRead{ChannelID: r.ChannelID, Standing: standing}
	s.publishState(ctx, bus.User(who.UserID), EventChannelRead, r.ChannelID, read)
	return read, nil
}

// ThreadReadRequest says up to where the user has read a thread.
type ThreadReadRequest struct {
	MessageID string `json:"messageId"`
	Seq       int64  `json:"seq"`
}

// MarkThreadRead moves the user's cursor in a thread that they follow.
func (s *Service) MarkThreadRead(ctx context.Context, who auth.Identity, r ThreadReadRequest) error {
	p, err := s.message(ctx, who, Read, r.MessageID)
	if err != nil {
		return err
	}
	if p.Message.ParentID != "" {
		r.MessageID = p.Message.ParentID
	}
	r.Seq = min(r.Seq, p.Channel.Seq) // nobody has read what nobody has written
	changed, err := s.store.MarkThreadRead(ctx, r.MessageID, who.UserID, r.Seq)
	if changed { // else a device that has read further would be told to go back
		s.publishState(ctx, bus.User(who.UserID), EventThreadRead, r.MessageID, r)
	}
	return err
}

// maxThreads bounds the list of threads that a user follows.
const maxThreads = 50

// Threads lists the threads that a user follows.
func (s *Service) Threads(ctx context.Context, who auth.Identity) ([]FollowedThread, error) {
	mayKnow, err := s.mayKnow(ctx, who)
	if err != nil {
		return nil, err
	}
	all, err := s.store.FollowedThreads(ctx, who.UserID, maxThreads)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(t FollowedThread) bool { return t.Root.ID == "" || !mayKnow(t.Root.ChannelID) }), nil
}
