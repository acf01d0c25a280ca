package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// inMessage runs a change of one message as a transaction that holds its channel's row, which puts the channel's changes
// in one order, and then the message itself, as it is now.
func (s *ChatStore) inMessage(ctx context.Context, what, messageID string, change func(tx pgx.Tx, m *chat.Message) error) (m chat.Message, err error) {
	err = s.db.do(ctx, what, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			var channelID string
			err := tx.QueryRow(ctx, `SELECT c.id FROM channels c JOIN messages m ON m.channel_id = c.id WHERE m.id = $1 FOR UPDATE OF c`,
				messageID).Scan(&channelID)
			if noRows(err) {
				return chat.ErrNoMessage
			} else if err != nil {
				return err
			}
			if m, err = readMessage(ctx, tx, messageID); err != nil {
				return err
			}
			return change(tx, &m)
		})
	})
	return m, err
}

func readMessage(ctx context.Context, tx pgx.Tx, messageID string) (chat.Message, error) {
	rows, err := tx.Query(ctx, `SELECT `+messageColumns+` FROM messages m JOIN users u ON u.id = m.sender_id WHERE m.id = $1`, messageID)
	if err != nil {
		return chat.Message{}, err
	}
	found, err := collectMessages(rows)
	if err == nil && len(found) == 0 {
		err = chat.ErrNoMessage
	}
	if err != nil {
		return chat.Message{}, err
	}
	return found[0], nil
}

// numberChange gives the next number to a change of a channel whose row the transaction holds, and the time.
func numberChange(ctx context.Context, tx pgx.Tx, channelID string) (eventSeq int64, at time.Time, err error) {
	return numberChanges(ctx, tx, channelID, 1)
}

// numberChanges takes as many numbers, of which it gives the first.
func numberChanges(ctx context.Context, tx pgx.Tx, channelID string, n int) (first int64, at time.Time, err error) {
	err = tx.QueryRow(ctx, `UPDATE channels SET last_event_seq = last_event_seq + $2 WHERE id = $1
		RETURNING last_event_seq - $2 + 1, date_trunc('milliseconds', clock_timestamp())`, channelID, n).Scan(&first, &at)
	return first, at, err
}

// recordChange writes a numbered change down. push is its payload, or nil for a change whose payload is made from the
// message when it is read.
func recordChange(ctx context.Context, tx pgx.Tx, channelID string, eventSeq int64, at time.Time, kind, messageID string, push any) error {
	var data []byte
	if push != nil {
		var err error
		if data, err = json.Marshal(push); err != nil {
			return fmt.Errorf("encode a change: %w", err)
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO channel_events (channel_id, event_seq, kind, message_id, created_at, data)
		VALUES ($1, $2, $3, $4, $5, $6)`, channelID, eventSeq, kind, orNull(messageID), at, data)
	if entry, ok := chat.AuditOf(ctx); ok && err == nil {
		err = insertAudit(ctx, tx, entry)
	}
	return err
}

// copyChanges writes many changes down, each a row of channel, number, kind, time and payload.
func copyChanges(ctx context.Context, tx pgx.Tx, changes [][]any) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"channel_events"}, []string{"channel_id", "event_seq", "kind", "created_at", "data"}, pgx.CopyFromRows(changes))
	return err
}

// MessageAccess returns a message, its channel, and the user's membership there.
func (s *ChatStore) MessageAccess(ctx context.Context, messageID, userID string) (p chat.MessagePlace, err error) {
	err = s.db.do(ctx, "read message", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT `+messageColumns+` FROM messages m JOIN users u ON u.id = m.sender_id WHERE m.id = $1`, messageID)
		if err != nil {
			return err
		}
		found, err := collectMessages(rows)
		if err == nil && len(found) == 0 {
			err = chat.ErrNoMessage
		}
		if err != nil {
			return err
		}
		p.Message = found[0]
		return nil
	})
	if err != nil {
		return p, err
	}
	p.Channel, p.Member, err = s.Access(ctx, p.Message.ChannelID, userID)
	return p, err
}

// EditMessage replaces what a message says and keeps what it said before.
func (s *ChatStore) EditMessage(ctx context.Context, e chat.MessageEdit) (m chat.Message, added []string, eventSeq int64, err error) {
	m, err = s.inMessage(ctx, "edit message", e.MessageID, func(tx pgx.Tx, m *chat.Message) error {
		added, eventSeq = nil, 0
		switch {
		case m.Deleted:
			return chat.ErrDeleted
		case e.Revision != nil && *e.Revision != m.Revision && m.Body != e.Body:
			return chat.ErrStaleRevision
		case m.Body == e.Body && slices.Equal(m.Mentions, e.Mentions) && m.MentionsChannel == e.MentionsChannel:
			return nil
		}
		before := *m
		var at time.Time
		var err error
		if eventSeq, at, err = numberChange(ctx, tx, m.ChannelID); err != nil {
			return err
		}
		if err := keepRevision(ctx, tx, &before, e.EditorID, at); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE messages SET body = $2, mentions = $3, mentions_channel = $4, edited_at = $5, revision = revision + 1,
			link_preview = CASE WHEN body = $2 THEN link_preview END, preview_picture = CASE WHEN body = $2 THEN preview_picture END WHERE id = $1`,
			m.ID, e.Body, notNil(e.Mentions), e.MentionsChannel, at)
		if err != nil {
			return err
		}
		if before.Body != e.Body {
			if err := removePicture(ctx, tx, &before); err != nil {
				return err
			}
		}
		for _, userID := range e.Mentions {
			if !slices.Contains(before.Mentions, userID) {
				added = append(added, userID)
			}
		}
		if err := setMentions(ctx, tx, m, e.Mentions); err != nil {
			return err
		}
		if err := recordChange(ctx, tx, m.ChannelID, eventSeq, at, chat.EventMessageEdited, m.ID, nil); err != nil {
			return err
		}
		*m, err = readMessage(ctx, tx, m.ID)
		return err
	})
	return m, added, eventSeq, err
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func keepRevision(ctx context.Context, tx pgx.Tx, m *chat.Message, editorID string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO message_revisions (message_id, revision, body, editor_id, edited_at) VALUES ($1, $2, $3, $4, $5)`,
		m.ID, m.Revision, m.Body, editorID, at)
	return err
}

func setMentions(ctx context.Context, tx pgx.Tx, m *chat.Message, userIDs []string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM mentions WHERE message_id = $1 AND user_id <> ALL ($2)`, m.ID, notNil(userIDs)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO mentions (user_id, channel_id, seq, message_id)
		SELECT named.id, $2, $3, $4 FROM unnest($1::text[]) AS named (id)
		WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.user_id = named.id AND b.blocked_id = $5) ON CONFLICT DO NOTHING`,
		notNil(userIDs), m.ChannelID, m.Seq, m.ID, m.Sender.ID)
	return err
}

// afterReplyDeleted brings up to date what a message shows of its thread, when one of the replies has lost its words.
const afterReplyDeleted = `UPDATE messages p SET thread_count = greatest(p.thread_count - 1, 0),
	last_reply_at = (SELECT max(r.created_at) FROM messages r WHERE r.parent_id = p.id AND r.deleted_at IS NULL),
	last_repliers = coalesce((SELECT array_agg(l.sender_id ORDER BY l.seq DESC) FROM (
		SELECT r.sender_id, max(r.seq) AS seq FROM messages r WHERE r.parent_id = p.id AND r.deleted_at IS NULL
		GROUP BY r.sender_id ORDER BY 2 DESC LIMIT 5) l), '{}')
	WHERE p.id = $1`

// DeleteMessage takes a message's words away; it stays in its place.
func (s *ChatStore) DeleteMessage(ctx context.Context, messageID, userID string) (m chat.Message, eventSeq int64, err error) {
	m, err = s.inMessage(ctx, "delete message", messageID, func(tx pgx.Tx, m *chat.Message) error {
		if eventSeq = 0; m.Deleted {
			return nil
		}
		before := *m
		var at time.Time
		var err error
		if eventSeq, at, err = numberChange(ctx, tx, m.ChannelID); err != nil {
			return err
		}
		if err := keepRevision(ctx, tx, &before, userID, at); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(`UPDATE messages SET body = '', attachments = '[]', link_preview = NULL, preview_picture = NULL, quote = NULL, mentions = '{}', mentions_channel = false,
			pinned_at = NULL, pinned_by = NULL, deleted_at = $2, deleted_by = $3 WHERE id = $1`, m.ID, at, userID)
		b.Queue(`DELETE FROM message_reactions WHERE message_id = $1`, m.ID)
		b.Queue(`DELETE FROM mentions WHERE message_id = $1`, m.ID)
		if m.ParentID != "" {
			b.Queue(afterReplyDeleted, m.ParentID)
		}
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		if err := removePicture(ctx, tx, &before); err != nil {
			return err
		}
		push := chat.DeletedPush(*m, eventSeq, userID, at, nil)
		if m.ParentID != "" {
			root, err := readMessage(ctx, tx, m.ParentID)
			if err != nil {
				return err
			}
			push.Thread = &chat.Thread{MessageID: root.ID, RootSenderID: root.Sender.ID, Count: root.ThreadCount, LastReplyAt: root.LastReplyAt, LastRepliers: root.LastRepliers}
		}
		if err := recordChange(ctx, tx, m.ChannelID, eventSeq, at, chat.EventMessageDeleted, m.ID, push); err != nil {
			return err
		}
		*m, err = readMessage(ctx, tx, m.ID)
		return err
	})
	return m, eventSeq, err
}

// Revisions lists what a message said before, the oldest first.
func (s *ChatStore) Revisions(ctx context.Context, messageID string) (list []chat.Revision, err error) {
	err = s.db.do(ctx, "read revisions", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT revision, body, editor_id, edited_at FROM message_revisions WHERE message_id = $1 ORDER BY revision`, messageID)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r chat.Revision, err error) {
			return r, row.Scan(&r.Revision, &r.Body, &r.EditorID, &r.EditedAt)
		})
		return err
	})
	return list, err
}
