package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// selectReports needs a WHERE; $1 is the user who asks.
const selectReports = `SELECT r.id, r.channel_id, c.name, c.channel_type, r.message_id, u.id, u.name, u.avatar_url, r.body, m.deleted_at IS NOT NULL,
		r.reporter_id, coalesce(p.name, ''), r.reason, r.details, r.status, r.action, r.note, coalesce(r.resolved_by, ''), r.resolved_at, r.created_at,
		EXISTS (SELECT FROM channel_members x WHERE x.channel_id = c.id AND x.user_id = $1 AND x.role IN ('owner', 'admin')) AND c.channel_type <> 'dm'
	FROM reports r JOIN channels c ON c.id = r.channel_id JOIN messages m ON m.id = r.message_id JOIN users u ON u.id = m.sender_id
	LEFT JOIN users p ON p.id = r.reporter_id `

func scanReport(row pgx.CollectableRow, moderates *bool) (r chat.Report, err error) {
	return r, row.Scan(&r.ID, &r.ChannelID, &r.Channel.Name, &r.Channel.Type, &r.MessageID, &r.Sender.ID, &r.Sender.Name, &r.Sender.AvatarURL, &r.Body, &r.Deleted,
		&r.ReporterID, &r.Reporter, &r.Reason, &r.Details, &r.Status, &r.Action, &r.Note, &r.ResolvedBy, &r.ResolvedAt, &r.CreatedAt, moderates)
}

// AddReport files a report.
func (s *ChatStore) AddReport(ctx context.Context, r chat.Report) error {
	return s.db.do(ctx, "add report", func(ctx context.Context) error {
		_, err := s.db.pool.Exec(ctx, `INSERT INTO reports (id, message_id, channel_id, reporter_id, reason, details, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`, r.ID, r.MessageID, r.ChannelID, r.ReporterID, r.Reason, r.Details, r.Body)
		if sqlCode(err) == uniqueViolation {
			return chat.ErrReportedBefore
		}
		return err
	})
}

// Report returns one report, and whether a user moderates its channel.
func (s *ChatStore) Report(ctx context.Context, reportID, userID string) (r chat.Report, moderates bool, err error) {
	err = s.db.do(ctx, "read report", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, selectReports+`WHERE r.id = $2`, userID, reportID)
		if err != nil {
			return err
		}
		r, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (chat.Report, error) { return scanReport(row, &moderates) })
		if noRows(err) {
			return chat.ErrNoReport
		}
		return err
	})
	return r, moderates, err
}

// Reports returns a page of reports, the latest first.
func (s *ChatStore) Reports(ctx context.Context, q chat.ReportQuery) (reports []chat.Report, hasMore bool, err error) {
	limit := bounded(q.Limit, maxHistory)
	err = s.db.do(ctx, "list reports", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, selectReports+`WHERE m.sender_id <> $1 AND ($2 = '' OR r.channel_id = $2) AND ($3 = '' OR r.status = $3)
			AND ($4 = '' OR r.id < $4) AND ($5 OR (c.channel_type <> 'dm' AND r.channel_id IN
				(SELECT channel_id FROM channel_members WHERE user_id = $1 AND role IN ('owner', 'admin'))))
			ORDER BY r.id DESC LIMIT $6`, q.UserID, q.ChannelID, q.Status, q.Before, q.Admin, limit+1)
		if err != nil {
			return err
		}
		var moderates bool
		reports, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (chat.Report, error) { return scanReport(row, &moderates) })
		return err
	})
	if hasMore = len(reports) > limit; hasMore {
		reports = reports[:limit]
	}
	return reports, hasMore, err
}

// CloseReports decides on all open reports about a message.
func (s *ChatStore) CloseReports(ctx context.Context, d chat.ReportDecision, entry chat.AuditEntry) (ids []string, err error) {
	err = s.db.do(ctx, "close reports", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `UPDATE reports SET status = $2, action = $3, note = $4, resolved_by = $5, resolved_at = clock_timestamp()
				WHERE message_id = $1 AND status = 'open' RETURNING id`, d.MessageID, d.Status, d.Action, d.Note, d.By)
			if err != nil {
				return err
			}
			if ids, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
				return err
			}
			if len(ids) == 0 {
				return chat.ErrReportClosed
			}
			return insertAudit(ctx, tx, entry)
		})
	})
	return ids, err
}

// GrantDM lets an admin read a DM for a time.
func (s *ChatStore) GrantDM(ctx context.Context, userID string, a chat.DMAccess, entry chat.AuditEntry) error {
	return s.db.do(ctx, "grant access to DM", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			if err := insertAudit(ctx, tx, entry); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `INSERT INTO dm_access (user_id, channel_id, until) VALUES ($1, $2, $3)
				ON CONFLICT (user_id, channel_id) DO UPDATE SET until = excluded.until`, userID, a.ChannelID, a.Until)
			if sqlCode(err) == foreignKeyViolation {
				return chat.ErrNoUser
			}
			return err
		})
	})
}

// DMGrant gives until when an admin may read a DM.
func (s *ChatStore) DMGrant(ctx context.Context, userID, channelID string) (until time.Time, err error) {
	err = s.db.do(ctx, "read access to DM", func(ctx context.Context) error {
		err := s.db.pool.QueryRow(ctx, `SELECT until FROM dm_access WHERE user_id = $1 AND channel_id = $2`, userID, channelID).Scan(&until)
		if noRows(err) {
			return nil
		}
		return err
	})
	return until, err
}
