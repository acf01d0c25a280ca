package chat

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// Refusals of changes to messages.
var (
	ErrDeleted          = fault.New(fault.Conflict, "message_deleted", "This message was deleted.")
	ErrStaleRevision    = fault.New(fault.Conflict, "message_changed", "This message was changed meanwhile. Look at it again.")
	ErrTooManyReactions = fault.Newf(fault.TooLarge, "too_many_reactions", "A message has at most %d different reactions.", maxReactions)
	ErrTooManyPins      = fault.Newf(fault.TooLarge, "too_many_pins", "A channel has at most %d pinned messages.", maxPins)
)

const (
	maxReactions = 50  // distinct emoji under one message
	maxPins      = 100 // in one channel
)

// message fetches a message and decides whether the user may act on it. A message in a channel that they may not see does
// not exist for them.
func (s *Service) message(ctx context.Context, who auth.Identity, action Action, messageID string) (MessagePlace, error) {
	if !id.Valid(messageID) {
		return MessagePlace{}, ErrNoMessage
	}
	p, err := s.store.MessageAccess(ctx, messageID, who.UserID)
	if err != nil {
		return MessagePlace{}, err
	}
	a := s.actor(who, p.Member)
	a.Author = p.Message.Sender.ID == who.UserID && p.Message.Type != System
	if err := Can(a, action, p.Channel); err != nil {
		if err == error(ErrNoChannel) {
			err = ErrNoMessage
		}
		return MessagePlace{}, err
	}
	return p, nil
}

// EditRequest asks for a message to say something else.
type EditRequest struct {
	MessageID string   `json:"messageId"`
	Body      string   `json:"message"`
	Mentions  []string `json:"mentions"` // as of Outgoing; without it those stay whose names are still in the text
	Revision  *int     `json:"revision"` // the one that was seen: another one meanwhile is refused
	Confirm   bool     `json:"confirmChannelMention"`
}

// Edited answers an edit.
type Edited struct {
	MessageID string     `json:"messageId"`
	EventSeq  int64      `json:"eventSeq"` // 0 when it already said that
	Revision  int        `json:"revision"`
	EditedAt  *time.Time `json:"editedAt,omitempty"`
}

// EditMessage changes what one's own message says.
func (s *Service) EditMessage(ctx context.Context, who auth.Identity, r EditRequest) (Edited, error) {
	body, err := checkedBody(r.Body)
	if err != nil {
		return Edited{}, err
	}
	p, err := s.message(ctx, who, Edit, r.MessageID)
	if err != nil {
		return Edited{}, err
	}
	body, flagged, err := s.filtered(ctx, p.Channel.Type, body)
	if err != nil {
		return Edited{}, err
	}
	if r.Mentions == nil {
		r.Mentions = p.Message.Mentions
	}
	named, err := s.named(ctx, who, p.Channel, p.Member, mentionRequest{
		body: body, userIDs: r.Mentions, confirmed: r.Confirm || p.Message.MentionsChannel, before: p.Message.MentionsChannel,
	})
	if err != nil {
		return Edited{}, err
	}
	m, added, eventSeq, err := s.store.EditMessage(ctx, MessageEdit{
		MessageID: r.MessageID, EditorID: who.UserID, Body: body, Mentions: named.userIDs, MentionsChannel: named.channel, Revision: r.Revision,
	})
	if err != nil {
		return Edited{}, err
	}
	if eventSeq > 0 {
		s.publish(ctx, bus.Channel(m.ChannelID), EventMessageEdited, EditedPush(m, eventSeq))
		s.tellMentioned(ctx, m, added)
		if flagged {
			s.flag(ctx, m)
		}
	}
	return Edited{MessageID: m.ID, EventSeq: eventSeq, Revision: m.Revision, EditedAt: m.EditedAt}, nil
}

// EditedPush is the push that tells what a message says now.
func EditedPush(m Message, eventSeq int64) MessageEdited {
	return MessageEdited{
		ChannelID: m.ChannelID, EventSeq: eventSeq, MessageID: m.ID, Body: m.Body, Mentions: m.Mentions, Mentioned: m.Mentioned,
		MentionsChannel: m.MentionsChannel, LinkPreview: m.LinkPreview, Edited: m.Edited, EditedAt: m.EditedAt, Revision: m.Revision,
	}
}

// Changed answers a request that changes a channel: the change's number, or 0 when there was nothing to change.
type Changed struct {
	ChannelID string `json:"channelId"`
	MessageID string `json:"messageId,omitempty"`
	EventSeq  int64  `json:"eventSeq"`
}

// DeleteMessage takes a message's words away: one's own, or any as a moderator. Its place in the channel stays.
func (s *Service) DeleteMessage(ctx context.Context, who auth.Identity, messageID string) (Changed, error) {
	p, err := s.message(ctx, who, Delete, messageID)
	if err != nil {
		return Changed{}, err
	}
	change := ctx
	if p.Message.Sender.ID != who.UserID {
		change = Audited(ctx, deletedEntry(who, p.Message))
	}
	return s.deleteMessage(change, who, p.Message)
}

func deletedEntry(who auth.Identity, m Message) AuditEntry {
	return AuditEntry{ActorID: who.UserID, Action: AuditMessageDeleted, ChannelID: m.ChannelID, UserID: m.Sender.ID, MessageID: m.ID}
}

func (s *Service) deleteMessage(ctx context.Context, who auth.Identity, before Message) (Changed, error) {
	m, eventSeq, err := s.store.DeleteMessage(ctx, before.ID, who.UserID)
	if err != nil {
		return Changed{}, err
	}
	if eventSeq > 0 {
		push := DeletedPush(m, eventSeq, m.DeletedBy, *m.DeletedAt, s.threadOf(ctx, before.ParentID))
		s.publish(ctx, bus.Channel(m.ChannelID), EventMessageDeleted, push)
	}
	return Changed{ChannelID: m.ChannelID, MessageID: m.ID, EventSeq: eventSeq}, nil
}

// threadOf reads how a thread stands, for a push; nil when it is no thread or cannot be read.
func (s *Service) threadOf(ctx context.Context, rootID string) *Thread {
	if rootID == "" {
		return nil
	}
	t, err := s.store.Thread(context.WithoutCancel(ctx), rootID, "")
	if err != nil {
		s.log.Warn("a thread's state is missing in a push", "thread", rootID, "error", err)
		return nil
	}
	return &t.Thread
}

// checkedBody is a message's text as it is stored.
func checkedBody(body string) (string, error) {
	bad := func(sentence string) error {
		return fault.New(fault.Invalid, "bad_request", sentence).With("field", "message")
	}
	if !storable(body) {
		return "", bad("A message is UTF-8 text without NUL characters.")
	}
	body = strings.TrimSpace(body)
	switch n := utf8.RuneCountInString(body); {
	case !visible(body):
		return "", bad("A message needs some text.")
	case n > MaxMessageLength:
		return "", fault.Newf(fault.TooLarge, "message_too_long", "A message is at most %d characters; this one has %d.", MaxMessageLength, n).
			With("field", "message").With("limit", MaxMessageLength)
	}
	return body, nil
}
