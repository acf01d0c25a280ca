package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// PinMessage pins a message, or no longer.
func (s *ChatStore) PinMessage(ctx context.Context, p chat.Pinning) (at time.Time, eventSeq int64, err error) {
	_, err = s.inMessage(ctx, "pin message", p.MessageID, func(tx pgx.Tx, m *chat.Message) error {
		eventSeq = 0
		switch {
		case m.Deleted && p.On:
			return chat.ErrDeleted
		case m.Pinned == p.On:
			return nil
		}
		if p.On {
			var pins int
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM messages WHERE channel_id = $1 AND pinned_at IS NOT NULL`, m.ChannelID).Scan(&pins); err != nil {
				return err
			}
			if pins >= p.Limit {
				return chat.ErrTooManyPins
			}
		}
		var err error
		if eventSeq, at, err = numberChange(ctx, tx, m.ChannelID); err != nil {
			return err
		}
		push := chat.MessagePinned{ChannelID: m.ChannelID, EventSeq: eventSeq, MessageID: m.ID, Pinned: p.On}
		if p.On {
			push.PinnedBy, push.PinnedAt = p.UserID, &at
		}
		if _, err := tx.Exec(ctx, `UPDATE messages SET pinned_at = $2, pinned_by = $3 WHERE id = $1`, m.ID, push.PinnedAt, orNull(push.PinnedBy)); err != nil {
			return err
		}
		return recordChange(ctx, tx, m.ChannelID, eventSeq, at, chat.EventMessagePinned, m.ID, push)
	})
	return at, eventSeq, err
}

// Pins lists a channel's pinned messages, the last pinned first.
func (s *ChatStore) Pins(ctx context.Context, channelID string, limit int) (pins []chat.Message, err error) {
	err = s.db.do(ctx, "list pins", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT `+messageColumns+` FROM messages m JOIN users u ON u.id = m.sender_id
			WHERE m.channel_id = $1 AND m.pinned_at IS NOT NULL ORDER BY m.pinned_at DESC, m.seq DESC LIMIT $2`, channelID, bounded(limit, maxHistory))
		if err != nil {
			return err
		}
		pins, err = collectMessages(rows)
		return err
	})
	return pins, err
}
