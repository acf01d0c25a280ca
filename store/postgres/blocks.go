package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// Block notes that a user wants to hear nothing of another, or does again.
func (s *ChatStore) Block(ctx context.Context, userID, blockedID string, on bool, limit int) (changed bool, err error) {
	err = s.db.do(ctx, "block user", func(ctx context.Context) error {
		if !on {
			tag, err := s.db.pool.Exec(ctx, `DELETE FROM blocks WHERE user_id = $1 AND blocked_id = $2`, userID, blockedID)
			changed = err == nil && tag.RowsAffected() > 0
			return err
		}
		var full bool
		err := s.db.pool.QueryRow(ctx, `WITH full_list AS (
				SELECT count(*) >= $3 AS yes FROM blocks WHERE user_id = $1 AND blocked_id <> $2
			), made AS (
				INSERT INTO blocks (user_id, blocked_id) SELECT $1, $2 FROM full_list WHERE NOT yes ON CONFLICT DO NOTHING RETURNING blocked_id
			)
			SELECT yes, EXISTS (SELECT FROM made) FROM full_list`, userID, blockedID, limit).Scan(&full, &changed)
		switch {
		case sqlCode(err) == foreignKeyViolation:
			return chat.ErrNoUser
		case err == nil && full:
			return chat.ErrTooManyBlocks
		}
		return err
	})
	return changed, err
}

// Blocks lists whom a user blocks, by name.
func (s *ChatStore) Blocks(ctx context.Context, userID string) (people []chat.Person, err error) {
	err = s.db.do(ctx, "list blocks", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT u.id, u.name, u.avatar_url FROM blocks b JOIN users u ON u.id = b.blocked_id
			WHERE b.user_id = $1 ORDER BY lower(u.name), u.id`, userID)
		if err != nil {
			return err
		}
		people, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p chat.Person, err error) {
			return p, row.Scan(&p.ID, &p.Name, &p.AvatarURL)
		})
		return err
	})
	return people, err
}

// BlockedBy gives those of the given users who block a user; of all with nil.
func (s *ChatStore) BlockedBy(ctx context.Context, blockedID string, userIDs []string) (ids []string, err error) {
	err = s.db.do(ctx, "find blocks", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT user_id FROM blocks WHERE blocked_id = $1 AND ($2::text[] IS NULL OR user_id = ANY ($2))`, blockedID, userIDs)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return ids, err
}

// ShareChannel tells whether two users are both in some channel.
func (s *ChatStore) ShareChannel(ctx context.Context, a, b string) (yes bool, err error) {
	err = s.db.do(ctx, "find shared channels", func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM channel_members x JOIN channel_members y ON y.channel_id = x.channel_id
			WHERE x.user_id = $1 AND y.user_id = $2)`, a, b).Scan(&yes)
	})
	return yes, err
}
