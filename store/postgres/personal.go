package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// SaveDraft keeps a text that is not sent yet, or forgets it when it is empty.
func (s *ChatStore) SaveDraft(ctx context.Context, userID string, d chat.DraftText, limit int) (chat.DraftText, error) {
	err := s.db.do(ctx, "save draft", func(ctx context.Context) error {
		if d.Body == "" {
			_, err := s.db.pool.Exec(ctx, `DELETE FROM drafts WHERE user_id = $1 AND channel_id = $2 AND parent_id = $3`, userID, d.ChannelID, d.ParentID)
			d.UpdatedAt = time.Now().UTC().Truncate(time.Millisecond)
			return err
		}
		err := s.db.pool.QueryRow(ctx, `INSERT INTO drafts (user_id, channel_id, parent_id, body, updated_at)
			SELECT $1, $2, $3, $4, date_trunc('milliseconds', clock_timestamp())
			WHERE (SELECT count(*) FROM drafts WHERE user_id = $1 AND (channel_id, parent_id) <> ($2, $3)) < $5
			ON CONFLICT (user_id, channel_id, parent_id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at
			RETURNING updated_at`, userID, d.ChannelID, d.ParentID, d.Body, limit).Scan(&d.UpdatedAt)
		if noRows(err) {
			return chat.ErrTooManyDrafts
		}
		return err
	})
	return d, err
}

// Drafts lists a user's drafts in channels that they are in.
func (s *ChatStore) Drafts(ctx context.Context, userID string) (drafts []chat.DraftText, err error) {
	err = s.db.do(ctx, "list drafts", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT d.channel_id, d.parent_id, d.body, d.updated_at
			FROM drafts d JOIN channel_members m ON m.channel_id = d.channel_id AND m.user_id = d.user_id
			WHERE d.user_id = $1 ORDER BY d.updated_at DESC`, userID)
		if err != nil {
			return err
		}
		drafts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d chat.DraftText, err error) {
			return d, row.Scan(&d.ChannelID, &d.ParentID, &d.Body, &d.UpdatedAt)
		})
		return err
	})
	return drafts, err
}

// SaveMessage puts a message aside, or no longer.
func (s *ChatStore) SaveMessage(ctx context.Context, userID, messageID string, on bool) error {
	return s.db.do(ctx, "save message", func(ctx context.Context) error {
		query := `DELETE FROM saved_messages WHERE user_id = $1 AND message_id = $2`
		if on {
			query = `INSERT INTO saved_messages (user_id, message_id, saved_at) VALUES ($1, $2, clock_timestamp()) ON CONFLICT DO NOTHING`
		}
		_, err := s.db.pool.Exec(ctx, query, userID, messageID)
		return err
	})
}

// Saved lists what the user put aside and may still read.
func (s *ChatStore) Saved(ctx context.Context, userID string, before time.Time, limit int) (saved []chat.SavedMessage, err error) {
	var bound *time.Time
	if !before.IsZero() {
		bound = &before
	}
	err = s.db.do(ctx, "list saved messages", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT k.saved_at, `+messageColumns+` FROM saved_messages k
			JOIN messages m ON m.id = k.message_id JOIN users u ON u.id = m.sender_id
			JOIN channel_members me ON me.channel_id = m.channel_id AND me.user_id = k.user_id
			WHERE k.user_id = $1 AND ($2::timestamptz IS NULL OR k.saved_at < $2) ORDER BY k.saved_at DESC LIMIT $3`,
			userID, bound, bounded(limit, maxHistory))
		if err != nil {
			return err
		}
		var (
			row messageRow
			at  time.Time
		)
		saved = []chat.SavedMessage{}
		_, err = pgx.ForEachRow(rows, append([]any{&at}, row.fields()...), func() error {
			m, _ := row.message()
			saved = append(saved, chat.SavedMessage{Message: m, SavedAt: at})
			return nil
		})
		return err
	})
	return saved, err
}
