package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/digierapro/parley/chat"
)

// execer is a transaction or the pool.
type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

func insertAudit(ctx context.Context, on execer, e chat.AuditEntry) error {
	_, err := on.Exec(ctx, auditInsert, auditArgs(e)...)
	return err
}

func queueAudit(b *pgx.Batch, e chat.AuditEntry) { b.Queue(auditInsert, auditArgs(e)...) }

const auditInsert = `INSERT INTO audit_log (actor_id, action, channel_id, user_id, message_id, details) VALUES ($1, $2, $3, $4, $5, $6)`

func auditArgs(e chat.AuditEntry) []any {
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	return []any{e.ActorID, e.Action, orNull(e.ChannelID), orNull(e.UserID), orNull(e.MessageID), e.Details}
}

// Audit adds to the log of what admins and moderators do.
func (s *ChatStore) Audit(ctx context.Context, e chat.AuditEntry) error {
	return s.db.do(ctx, "write audit log", func(ctx context.Context) error { return insertAudit(ctx, s.db.pool, e) })
}

// AuditLog returns a page of it, the latest first.
func (s *ChatStore) AuditLog(ctx context.Context, q chat.AuditQuery) (entries []chat.AuditEntry, hasMore bool, err error) {
	limit := bounded(q.Limit, maxHistory)
	err = s.db.do(ctx, "read audit log", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT a.id, a.at, a.actor_id, coalesce(actor.name, ''), a.action, coalesce(a.channel_id, ''),
				coalesce(a.user_id, ''), coalesce(whom.name, ''), coalesce(a.message_id, ''), a.details
			FROM audit_log a LEFT JOIN users actor ON actor.id = a.actor_id LEFT JOIN users whom ON whom.id = a.user_id
			WHERE ($1 = '' OR a.channel_id = $1) AND ($2 = '' OR a.actor_id = $2) AND ($3 = '' OR a.action = $3) AND ($4 <= 0 OR a.id < $4)
			ORDER BY a.id DESC LIMIT $5`, q.ChannelID, q.ActorID, q.Action, q.Before, limit+1)
		if err != nil {
			return err
		}
		entries, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e chat.AuditEntry, err error) {
			return e, row.Scan(&e.ID, &e.At, &e.ActorID, &e.ActorName, &e.Action, &e.ChannelID, &e.UserID, &e.UserName, &e.MessageID, &e.Details)
		})
		return err
	})
	if hasMore = len(entries) > limit; hasMore {
		entries = entries[:limit]
	}
	return entries, hasMore, err
}
