package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// Ranks gives what the directory says that people are, of those of whom it says something else since a change.
func (s *ChatStore) Ranks(ctx context.Context, after int64) (ranks []chat.Ranked, err error) {
	err = s.db.do(ctx, "list ranks", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT id, directory_role, directory_internal, directory_change FROM users WHERE directory_change > $1`, after)
		if err != nil {
			return err
		}
		ranks, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r chat.Ranked, err error) {
			return r, row.Scan(&r.UserID, &r.Rank.Role, &r.Rank.Internal, &r.Change)
		})
		return err
	})
	return ranks, err
}
