package postgres

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// peopleOf makes a JSON list of the people of an array of ids, in the array's order.
func peopleOf(ids string) string {
	return `(SELECT coalesce(jsonb_agg(jsonb_build_object('_id', x.id, 'name', x.name, 'avatarUrl', x.avatar_url)
		ORDER BY array_position(` + ids + `, x.id)), '[]') FROM users x WHERE x.id = ANY (` + ids + `))`
}

// quoteNow is what a message m quotes: the words of then, by somebody as they look now.
const quoteNow = `CASE WHEN m.quote IS NOT NULL THEN m.quote || coalesce((
		SELECT jsonb_build_object('senderId', jsonb_build_object('_id', x.id, 'name', x.name, 'avatarUrl', x.avatar_url))
		FROM users x WHERE x.id = m.quote -> 'senderId' ->> '_id'), '{}') END`

// messageColumns are those of a message m and its sender u, for messageRow.
var messageColumns = `m.id, m.channel_id, m.seq, m.client_id, m.sender_id, u.name, u.avatar_url, m.sender_model, m.body,
	m.message_type, m.created_at, m.parent_id, m.thread_count, m.last_reply_at,
	CASE WHEN m.last_repliers <> '{}' THEN ` + peopleOf("m.last_repliers") + ` END,
	(SELECT jsonb_agg(jsonb_build_object('emoji', r.emoji, 'userId', r.user_id, 'createdAt', r.created_at) ORDER BY r.created_at, r.user_id)
		FROM message_reactions r WHERE r.message_id = m.id),
	m.mentions, CASE WHEN m.mentions <> '{}' THEN ` + peopleOf("m.mentions") + ` END, m.mentions_channel,
	m.attachments, m.link_preview, ` + quoteNow + `, m.system, m.revision, m.edited_at, m.deleted_at, m.deleted_by, m.pinned_at, m.pinned_by,
	m.preview_picture`

// messageRow reads messageColumns out of an outer join, in which all of them may be null.
type messageRow struct {
	id, channelID, clientID, senderID, name, avatar, model, body, kind *string
	seq                                                                *int64
	createdAt                                                          *time.Time

	parentID, deletedBy, pinnedBy          *string
	threadCount, revision                  *int
	lastReplyAt, edited, deletedAt, pinned *time.Time
	lastRepliers, mentioned                []chat.Person
	reactions                              []chat.Reaction
	mentions                               []string
	mentionsChannel                        *bool
	attachments                            []json.RawMessage
	linkPreview                            *chat.LinkPreview
	picture                                *string
	quote                                  *chat.Quote
	system                                 *chat.SystemNote
}

// fields are where a row is read into. What is read as JSON is taken back first, or a null would leave the last row's.
func (r *messageRow) fields() []any {
	return []any{
		&r.id, &r.channelID, &r.seq, &r.clientID, &r.senderID, &r.name, &r.avatar, &r.model, &r.body,
		&r.kind, &r.createdAt, &r.parentID, &r.threadCount, &r.lastReplyAt,
		&r.lastRepliers, &r.reactions, &r.mentions, &r.mentioned, &r.mentionsChannel,
		&r.attachments, &r.linkPreview, &r.quote, &r.system, &r.revision, &r.edited, &r.deletedAt, &r.deletedBy, &r.pinned, &r.pinnedBy, &r.picture,
	}
}

// message gives the message; false when there was none to join.
func (r *messageRow) message() (chat.Message, bool) {
	if r.id == nil || r.name == nil {
		return chat.Message{}, false
	}
	m := emptyMessage()
	m.ID, m.ChannelID, m.Seq, m.ClientID = *r.id, *r.channelID, *r.seq, *r.clientID
	m.Sender = chat.Person{ID: *r.senderID, Name: *r.name, AvatarURL: *r.avatar}
	m.SenderModel, m.Body, m.Type = *r.model, *r.body, chat.MessageType(*r.kind)
	m.CreatedAt, m.UpdatedAt = *r.createdAt, *r.createdAt
	m.ParentID, m.ThreadCount, m.LastReplyAt = orEmpty(r.parentID), *r.threadCount, copied(r.lastReplyAt)
	m.LastRepliers = append(m.LastRepliers, r.lastRepliers...)
	for _, reaction := range r.reactions {
		reaction.CreatedAt = reaction.CreatedAt.UTC()
		m.Reactions = append(m.Reactions, reaction)
	}
	m.Mentions, m.MentionsChannel = append(m.Mentions, r.mentions...), *r.mentionsChannel
	m.Mentioned = append(m.Mentioned, r.mentioned...)
	m.Attachments = append(m.Attachments, r.attachments...)
	m.LinkPreview, m.Quote, m.System = copied(r.linkPreview), copied(r.quote), copied(r.system)
	if m.LinkPreview != nil && r.picture != nil {
		*m.LinkPreview = m.LinkPreview.WithPicture(m.ID, *r.picture)
	}
	m.Pinned, m.PinnedAt, m.PinnedBy = r.pinned != nil, copied(r.pinned), orEmpty(r.pinnedBy)
	m.Edited, m.EditedAt, m.Revision = r.edited != nil, copied(r.edited), *r.revision
	m.Deleted, m.DeletedAt, m.DeletedBy = r.deletedAt != nil, copied(r.deletedAt), orEmpty(r.deletedBy)
	for _, at := range []*time.Time{r.edited, r.deletedAt} {
		if at != nil && at.After(m.UpdatedAt) {
			m.UpdatedAt = *at
		}
	}
	return m, true
}

// emptyMessage has lists that are empty and not null on the wire.
func emptyMessage() chat.Message {
	return chat.Message{
		Attachments: []json.RawMessage{}, LastRepliers: []chat.Person{}, Reactions: []chat.Reaction{},
		Mentions: []string{}, Mentioned: []chat.Person{},
	}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// copied keeps a value from being overwritten by the next row.
func copied[T any](v *T) *T {
	if v == nil {
		return nil
	}
	c := *v
	return &c
}

// collectMessages reads rows of messageColumns, after more columns.
func collectMessages(rows pgx.Rows, more ...any) ([]chat.Message, error) {
	var (
		row      messageRow
		messages = []chat.Message{}
	)
	_, err := pgx.ForEachRow(rows, slices.Concat(more, row.fields()), func() error {
		if m, ok := row.message(); ok {
			messages = append(messages, m)
		}
		return nil
	})
	return messages, err
}
