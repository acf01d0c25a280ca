package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// logRanks writes down who is given another rank, before they are: with what the directory said of them until now, or a
// token where it had said nothing. Who is not known is worth a line only when they may do more than others.
func (d *directoryChange) logRanks(ctx context.Context, list []byte) error {
	rows, err := d.tx.Query(ctx, `SELECT e.id, e.role, nullif(b.role, e.role), CASE WHEN b.is_internal <> e.is_internal THEN e.is_internal END
		FROM `+directoryRows+` LEFT JOIN (
			SELECT id, coalesce(directory_role, role) AS role, coalesce(directory_internal, is_internal) AS is_internal FROM users) b ON b.id = e.id
		WHERE CASE WHEN b.id IS NULL THEN e.role IN ('admin', 'manager') ELSE (b.role, b.is_internal) <> (e.role, e.is_internal) END ORDER BY e.id`, list)
	if err != nil {
		return err
	}
	var (
		userID, role string
		before       *string
		internal     *bool
		entries      pgx.Batch
	)
	_, err = pgx.ForEachRow(rows, []any{&userID, &role, &before, &internal}, func() error {
		queueAudit(&entries, chat.AuditEntry{ActorID: d.by, Action: chat.AuditRankSet, UserID: userID, Details: map[string]any{
			"companyRole": role, "companyRoleBefore": copied(before), "isInternal": copied(internal),
		}})
		return nil
	})
	if err != nil {
		return err
	}
	return d.tx.SendBatch(ctx, &entries).Close()
}

// log writes down what followed from a change, if anything did, and whose channels it made whose.
func (d *directoryChange) log(ctx context.Context) error {
	b := &pgx.Batch{}
	roleSet := func(channelID, userID string, role chat.MemberRole) {
		queueAudit(b, chat.AuditEntry{ActorID: d.by, Action: chat.AuditRoleSet, ChannelID: channelID, UserID: userID, Details: map[string]any{"role": role}})
	}
	added, removed := 0, 0
	for _, c := range d.outcome.Channels {
		added, removed = added+len(c.Added), removed+len(c.Removed)
		for _, m := range c.Added {
			if m.Role != chat.PlainMember {
				roleSet(c.Channel.ID, m.UserID, m.Role)
			}
		}
		for _, m := range c.RolesPush {
			roleSet(c.Channel.ID, m.UserID, m.Role)
		}
	}
	if len(d.outcome.Channels)+len(d.outcome.Deactivated)+len(d.outcome.Activated) > 0 {
		queueAudit(b, chat.AuditEntry{ActorID: d.by, Action: chat.AuditDirectory, Details: map[string]any{
			"channels": len(d.outcome.Channels), "membersAdded": added, "membersRemoved": removed,
			"deactivated": notNil(d.outcome.Deactivated), "activated": notNil(d.outcome.Activated),
		}})
	}
	return d.tx.SendBatch(ctx, b).Close()
}
