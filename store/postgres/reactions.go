package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// React adds a reaction, or removes it.
func (s *ChatStore) React(ctx context.Context, r chat.Reacting) (at time.Time, eventSeq int64, err error) {
	_, err = s.inMessage(ctx, "react to message", r.MessageID, func(tx pgx.Tx, m *chat.Message) error {
		eventSeq = 0
		if m.Deleted {
			return chat.ErrDeleted
		}
		distinct, mine := reactionsOn(m, r)
		if mine == r.On {
			return nil
		}
		if r.On && distinct >= r.Limit {
			return chat.ErrTooManyReactions
		}
		var err error
		if eventSeq, at, err = numberChange(ctx, tx, m.ChannelID); err != nil {
			return err
		}
		event := chat.EventReactionAdded
		if r.On {
			_, err = tx.Exec(ctx, `INSERT INTO message_reactions (message_id, emoji, user_id, created_at) VALUES ($1, $2, $3, $4)`,
				m.ID, r.Emoji, r.UserID, at)
		} else {
			event = chat.EventReactionRemoved
			_, err = tx.Exec(ctx, `DELETE FROM message_reactions WHERE message_id = $1 AND emoji = $2 AND user_id = $3`, m.ID, r.Emoji, r.UserID)
		}
		if err != nil {
			return err
		}
		return recordChange(ctx, tx, m.ChannelID, eventSeq, at, event, m.ID, chat.ReactionChanged{
			ChannelID: m.ChannelID, EventSeq: eventSeq, MessageID: m.ID, Emoji: r.Emoji, UserID: r.UserID, CreatedAt: at,
		})
	})
	return at, eventSeq, err
}

// reactionsOn counts the emoji under a message that are not the one in question, and tells whether the user's is there.
func reactionsOn(m *chat.Message, r chat.Reacting) (distinct int, mine bool) {
	others := make(map[string]bool)
	for _, one := range m.Reactions {
		if one.Emoji != r.Emoji {
			others[one.Emoji] = true
		} else if one.UserID == r.UserID {
			mine = true
		}
	}
	return len(others), mine
}

// HasReacted tells whether the user's emoji is under the message.
func (s *ChatStore) HasReacted(ctx context.Context, messageID, emoji, userID string) (has bool, err error) {
	err = s.db.do(ctx, "read reaction", func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM message_reactions WHERE message_id = $1 AND emoji = $2 AND user_id = $3)`,
			messageID, emoji, userID).Scan(&has)
	})
	return has, err
}
