package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// Words returns the lists of the word filter.
func (s *ChatStore) Words(ctx context.Context) (lists chat.WordLists, err error) {
	err = s.db.do(ctx, "read word lists", func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, `SELECT lists, revision FROM word_lists`).Scan(&lists.Lists, &lists.Revision)
	})
	return lists, err
}

// SetWords replaces them.
func (s *ChatStore) SetWords(ctx context.Context, lists []chat.WordList, entry chat.AuditEntry) (saved chat.WordLists, err error) {
	err = s.db.do(ctx, "set word lists", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			err := tx.QueryRow(ctx, `UPDATE word_lists SET lists = $1, revision = revision + 1, updated_by = $2, updated_at = now()
				RETURNING lists, revision`, lists, entry.ActorID).Scan(&saved.Lists, &saved.Revision)
			if err != nil {
				return err
			}
			return insertAudit(ctx, tx, entry)
		})
	})
	return saved, err
}
