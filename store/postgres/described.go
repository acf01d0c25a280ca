package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// DescribedAfter gives what the directory says that people are, of those of whom it says something else since a change,
// and who is deactivated.
func (s *ChatStore) DescribedAfter(ctx context.Context, after int64) (list []chat.Described, err error) {
	err = s.db.do(ctx, "list what the directory says", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT id, name, avatar_url, department, directory_role, directory_internal, directory_change, NOT is_active FROM users WHERE directory_change > $1`, after)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d chat.Described, err error) {
			return d, row.Scan(&d.UserID, &d.Name, &d.AvatarURL, &d.Department, &d.Rank.Role, &d.Rank.Internal, &d.Change, &d.Inactive)
		})
		return err
	})
	return list, err
}
