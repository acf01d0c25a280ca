package main

import (
	"encoding/json"
	"slices"

	"github.com/digierapro/parley/chat"
)

// appliers change a channel's state as docs/protocol.md says of each push. Applying one to a state that shows it already, or a
// later one, must lead to the same in the end.
var appliers = map[string]func(ch *channelState, data []byte) error{
	chat.EventNewMessage: applying(func(ch *channelState, p chat.NewMessage) {
		ch.Messages[p.Message.ID] = p.Message
		ch.showThread(p.Thread)
	}),
	chat.EventMessageEdited: applying(func(ch *channelState, p chat.MessageEdited) {
		ch.change(p.MessageID, func(m *chat.Message) {
			m.Body, m.Mentions, m.Mentioned, m.MentionsChannel, m.LinkPreview = p.Body, p.Mentions, p.Mentioned, p.MentionsChannel, p.LinkPreview
			m.Edited, m.EditedAt, m.Revision = p.Edited, p.EditedAt, p.Revision
		})
	}),
	chat.EventMessageDeleted: applying(func(ch *channelState, p chat.MessageDeleted) {
		ch.change(p.MessageID, func(m *chat.Message) {
			m.Body, m.Mentions, m.Mentioned, m.MentionsChannel, m.LinkPreview = "", []string{}, []chat.Person{}, false, nil
			m.Attachments, m.Reactions, m.Quote = []json.RawMessage{}, []chat.Reaction{}, nil
			m.Pinned, m.PinnedAt, m.PinnedBy = false, nil, ""
			m.Deleted, m.DeletedAt, m.DeletedBy = true, &p.DeletedAt, p.DeletedBy
		})
		ch.showThread(p.Thread)
	}),
	chat.EventReactionAdded: applying(func(ch *channelState, p chat.ReactionChanged) {
		ch.react(p, chat.Reaction{Emoji: p.Emoji, UserID: p.UserID, CreatedAt: p.CreatedAt})
	}),
	chat.EventReactionRemoved: applying(func(ch *channelState, p chat.ReactionChanged) { ch.react(p) }),
	chat.EventMessagePinned: applying(func(ch *channelState, p chat.MessagePinned) {
		ch.change(p.MessageID, func(m *chat.Message) {
			if !m.Deleted {
				m.Pinned, m.PinnedAt, m.PinnedBy = p.Pinned, p.PinnedAt, p.PinnedBy
			}
		})
	}),
	chat.EventChannelUpdated: applying(func(ch *channelState, p chat.ChannelUpdated) { ch.Settings = p }),
	chat.EventMembersAdded: applying(func(ch *channelState, p chat.MembersAdded) {
		for _, m := range p.Members {
			ch.Members[m.UserID] = m.Role
		}
		ch.Partial = p.More
	}),
	chat.EventMemberRemoved: applying(func(ch *channelState, p chat.MemberRemoved) {
		delete(ch.Members, p.UserID)
		if _, there := ch.Members[p.OwnerID]; there {
			ch.Members[p.OwnerID] = chat.Owner
		}
	}),
	chat.EventMemberUpdated: applying(func(ch *channelState, p chat.MemberUpdated) {
		if _, there := ch.Members[p.UserID]; there {
			ch.Members[p.UserID] = p.Role
		}
	}),
}

func applying[T any](apply func(ch *channelState, push T)) func(*channelState, []byte) error {
	return func(ch *channelState, data []byte) error {
		var push T
		if err := json.Unmarshal(data, &push); err != nil {
			return err
		}
		apply(ch, push)
		return nil
	}
}

func (r *replica) apply(channelID string, ch *channelState, event string, data []byte) {
	apply := appliers[event]
	if apply == nil {
		r.t.Errorf("a change of the unknown kind %q", event)
		return
	}
	if err := apply(ch, data); err != nil {
		r.t.Errorf("%s: %v", event, err)
	}
	r.kinds[event] = true
	if ch.Partial {
		delete(r.channels, channelID)
		r.behind = true
		r.kinds[manyAdded] = true
	}
}

func (s *channelState) change(messageID string, change func(m *chat.Message)) {
	if m, ok := s.Messages[messageID]; ok {
		change(&m)
		s.Messages[messageID] = m
	}
}

func (s *channelState) showThread(thread *chat.Thread) {
	if thread != nil {
		s.change(thread.MessageID, func(m *chat.Message) {
			m.ThreadCount, m.LastReplyAt, m.LastRepliers = thread.Count, thread.LastReplyAt, thread.LastRepliers
		})
	}
}

func (s *channelState) react(p chat.ReactionChanged, added ...chat.Reaction) {
	s.change(p.MessageID, func(m *chat.Message) {
		if m.Deleted {
			return
		}
		others := slices.DeleteFunc(slices.Clone(m.Reactions), func(r chat.Reaction) bool { return r.Emoji == p.Emoji && r.UserID == p.UserID })
		m.Reactions = append(others, added...)
	})
}
