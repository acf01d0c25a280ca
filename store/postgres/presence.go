package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat/presence"
)

// PresenceStore keeps what users say of themselves.
type PresenceStore struct{ db *DB }

var _ presence.Store = (*PresenceStore)(nil)

// Presence is the database as the store of presence.
func (db *DB) Presence() *PresenceStore { return &PresenceStore{db: db} }

// Choices returns the choices of those of the users that made one, and when each was last seen.
func (s *PresenceStore) Choices(ctx context.Context, userIDs []string) (kept map[string]presence.Kept, err error) {
	err = s.db.do(ctx, "read presence", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT user_id, chosen, custom_status, expires_at, hide_last_seen, hide_typing, last_seen_at
			FROM presence WHERE user_id = ANY ($1)`, userIDs)
		if err != nil {
			return err
		}
		var (
			userID string
			k      presence.Kept
		)
		kept = make(map[string]presence.Kept)
		_, err = pgx.ForEachRow(rows, []any{&userID, &k.Chosen, &k.CustomStatus, &k.ExpiresAt, &k.HideLastSeen, &k.HideTyping, &k.LastSeenAt}, func() error {
			k.ExpiresAt, k.LastSeenAt = copied(k.ExpiresAt), copied(k.LastSeenAt)
			kept[userID] = k
			return nil
		})
		return err
	})
	return kept, err
}

// SaveChoice keeps a choice.
func (s *PresenceStore) SaveChoice(ctx context.Context, userID string, c presence.Choice) error {
	return s.db.do(ctx, "save status", func(ctx context.Context) error {
		_, err := s.db.pool.Exec(ctx, `INSERT INTO presence (user_id, chosen, custom_status, expires_at, hide_last_seen, hide_typing)
			SELECT $1, $2, $3, $4, $5, $6 WHERE EXISTS (SELECT FROM users WHERE id = $1)
			ON CONFLICT (user_id) DO UPDATE SET chosen = excluded.chosen, custom_status = excluded.custom_status, expires_at = excluded.expires_at,
				hide_last_seen = excluded.hide_last_seen, hide_typing = excluded.hide_typing`,
			userID, c.Chosen, c.CustomStatus, c.ExpiresAt, c.HideLastSeen, c.HideTyping)
		return err
	})
}

// Seen notes that users were here at a time.
func (s *PresenceStore) Seen(ctx context.Context, userIDs []string, at time.Time) error {
	return s.db.do(ctx, "note who was here", func(ctx context.Context) error {
		_, err := s.db.pool.Exec(ctx, `INSERT INTO presence (user_id, last_seen_at) SELECT id, $2 FROM users WHERE id = ANY ($1)
			ON CONFLICT (user_id) DO UPDATE SET last_seen_at = excluded.last_seen_at`, userIDs, at)
		return err
	})
}
