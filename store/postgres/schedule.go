package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

const scheduledColumns = `s.id, s.outgoing, s.send_at, s.status, coalesce(s.message_id, ''), coalesce(s.code, ''), coalesce(s.error, ''), s.created_at, s.updated_at`

const (
	lockScheduler = `SELECT FROM users WHERE id = $1 FOR UPDATE` // one at a time of a user, so that they can be counted
	countWaiting  = `SELECT count(*) FROM scheduled_messages w WHERE w.user_id = $2 AND w.status = 'waiting'`
)

func scanScheduled(row pgx.Row, more ...any) (m chat.Scheduled, err error) {
	err = row.Scan(append([]any{&m.ID, &m.Outgoing, &m.SendAt, &m.Status, &m.MessageID, &m.Code, &m.Error, &m.CreatedAt, &m.UpdatedAt}, more...)...)
	return m, err
}

// AddScheduled keeps a message to be sent at its SendAt, and makes the job that does so.
func (s *ChatStore) AddScheduled(ctx context.Context, userID string, m chat.Scheduled, limit int) (added chat.Scheduled, err error) {
	err = s.db.do(ctx, "schedule message", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, lockScheduler, userID); err != nil {
				return err
			}
			added, err = scanScheduled(tx.QueryRow(ctx, `SELECT `+scheduledColumns+` FROM scheduled_messages s WHERE user_id = $1 AND client_id = $2`, userID, m.ClientID))
			if !noRows(err) {
				return err
			}
			added, err = scanScheduled(tx.QueryRow(ctx, `INSERT INTO scheduled_messages AS s (id, user_id, client_id, outgoing, send_at)
				SELECT $1, $2, $3, $4, $5 WHERE (`+countWaiting+`) < $6
				RETURNING `+scheduledColumns, m.ID, userID, m.ClientID, m.Outgoing, m.SendAt, limit))
			if noRows(err) {
				return chat.ErrTooManyScheduled
			} else if err != nil {
				return err
			}
			return putJob(ctx, tx, chat.ScheduleKind, m.ID, m.ID, m.SendAt)
		})
	})
	return added, err
}

// Scheduled returns one of the user's.
func (s *ChatStore) Scheduled(ctx context.Context, userID, id string) (m chat.Scheduled, err error) {
	err = s.db.do(ctx, "read scheduled message", func(ctx context.Context) error {
		m, err = scanScheduled(s.db.pool.QueryRow(ctx, `SELECT `+scheduledColumns+` FROM scheduled_messages s WHERE id = $1 AND user_id = $2`, id, userID))
		if noRows(err) {
			return chat.ErrNoScheduled
		}
		return err
	})
	return m, err
}

// ScheduledOf lists the user's that wait, by their times, and then those that have failed, the last first.
func (s *ChatStore) ScheduledOf(ctx context.Context, userID string, limit int) (list []chat.Scheduled, err error) {
	err = s.db.do(ctx, "list scheduled messages", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT `+scheduledColumns+` FROM scheduled_messages s
			WHERE user_id = $1 AND status <> 'sent'
			ORDER BY status = 'failed', CASE WHEN status <> 'failed' THEN send_at END, send_at DESC, id LIMIT $2`, userID, bounded(limit, maxHistory))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (chat.Scheduled, error) { return scanScheduled(row) })
		return err
	})
	return list, err
}

// ChangeScheduled replaces what will be sent, and when.
func (s *ChatStore) ChangeScheduled(ctx context.Context, userID string, m chat.Scheduled, limit int) (changed chat.Scheduled, err error) {
	err = s.db.do(ctx, "change scheduled message", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, lockScheduler, userID); err != nil {
				return err
			}
			changed, err = scanScheduled(tx.QueryRow(ctx, `UPDATE scheduled_messages s SET outgoing = $3, send_at = $4, status = 'waiting', code = NULL,
					error = NULL, updated_at = date_trunc('milliseconds', clock_timestamp())
				WHERE id = $1 AND user_id = $2 AND (status = 'waiting' OR status = 'failed' AND (`+countWaiting+`) < $5)
				RETURNING `+scheduledColumns, m.ID, userID, m.Outgoing, m.SendAt, limit))
			if noRows(err) {
				return whyUnchanged(ctx, tx, m.ID)
			} else if err != nil {
				return err
			}
			return putJob(ctx, tx, chat.ScheduleKind, m.ID, m.ID, m.SendAt)
		})
	})
	return changed, err
}

// whyUnchanged is why a scheduled message could not be changed: a failed one would be one too many that wait.
func whyUnchanged(ctx context.Context, tx pgx.Tx, id string) error {
	var failed bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM scheduled_messages WHERE id = $1 AND status = 'failed')`, id).Scan(&failed)
	if err == nil && failed {
		return chat.ErrTooManyScheduled
	} else if err == nil {
		return chat.ErrAlreadySent
	}
	return err
}

// CancelScheduled forgets one that is not being sent.
func (s *ChatStore) CancelScheduled(ctx context.Context, userID, id string) error {
	return s.db.do(ctx, "cancel scheduled message", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, `DELETE FROM scheduled_messages WHERE id = $1 AND user_id = $2 AND status IN ('waiting', 'failed')`, id, userID)
			if err == nil && tag.RowsAffected() == 0 {
				err = chat.ErrAlreadySent
			}
			if err != nil {
				return err
			}
			return dropJob(ctx, tx, chat.ScheduleKind, id)
		})
	})
}

// BeginScheduled returns one whose time has come, with who it is of.
func (s *ChatStore) BeginScheduled(ctx context.Context, id string) (m chat.Scheduled, of chat.ScheduledSender, err error) {
	err = s.db.do(ctx, "begin scheduled message", func(ctx context.Context) error {
		m, err = scanScheduled(s.db.pool.QueryRow(ctx, `UPDATE scheduled_messages s SET status = 'sending' FROM users u
			WHERE s.id = $1 AND u.id = s.user_id AND s.status IN ('waiting', 'sending') AND s.send_at <= clock_timestamp()
			RETURNING `+scheduledColumns+`, `+userColumns+`, u.is_active`, id),
			&of.ID, &of.Name, &of.Email, &of.AvatarURL, &of.Role, &of.Department, &of.Internal, &of.Active)
		if noRows(err) {
			m, err = chat.Scheduled{}, nil
		}
		return err
	})
	return m, of, err
}

// EndScheduled notes what came of it.
func (s *ChatStore) EndScheduled(ctx context.Context, m chat.Scheduled) error {
	return s.db.do(ctx, "end scheduled message", func(ctx context.Context) error {
		_, err := s.db.pool.Exec(ctx, `UPDATE scheduled_messages SET status = $2, message_id = $3, code = $4, error = $5,
			updated_at = date_trunc('milliseconds', clock_timestamp()) WHERE id = $1 AND status = 'sending'`,
			m.ID, m.Status, orNull(m.MessageID), orNull(m.Code), orNull(m.Error))
		return err
	})
}
