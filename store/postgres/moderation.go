package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// recordMember numbers a change of a member and writes it down.
func recordMember(ctx context.Context, tx pgx.Tx, push *chat.MemberUpdated) error {
	eventSeq, at, err := numberChange(ctx, tx, push.ChannelID)
	if err != nil {
		return err
	}
	push.EventSeq = eventSeq
	return recordChange(ctx, tx, push.ChannelID, eventSeq, at, chat.EventMemberUpdated, "", *push)
}

// Silence keeps a member from being heard until a time; nil lifts it.
func (s *ChatStore) Silence(ctx context.Context, channelID, userID string, until *time.Time) (push chat.MemberUpdated, err error) {
	err = s.inChannel(ctx, "silence member", channelID, func(tx pgx.Tx, _ bool) error {
		push = chat.MemberUpdated{ChannelID: channelID, UserID: userID, SilencedUntil: until}
		var before *time.Time
		err := tx.QueryRow(ctx, `SELECT role, silenced_until FROM channel_members WHERE channel_id = $1 AND user_id = $2`, channelID, userID).
			Scan(&push.Role, &before)
		switch {
		case noRows(err):
			return chat.ErrNoMember
		case err != nil:
			return err
		case (before == nil && until == nil) || (before != nil && until != nil && before.Equal(*until)):
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE channel_members SET silenced_until = $3 WHERE channel_id = $1 AND user_id = $2`, channelID, userID, until); err != nil {
			return err
		}
		return recordMember(ctx, tx, &push)
	})
	return push, err
}

// Moderators lists who moderates a channel: its owners and admins, and the company's admins.
func (s *ChatStore) Moderators(ctx context.Context, channelID string) (ids []string, err error) {
	err = s.db.do(ctx, "list moderators", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT m.user_id FROM channel_members m JOIN channels c ON c.id = m.channel_id
				WHERE m.channel_id = $1 AND m.role IN ('owner', 'admin') AND c.channel_type <> 'dm'
			UNION SELECT id FROM users WHERE role = 'admin' AND is_internal AND is_active LIMIT $2`, channelID, maxUsers)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return ids, err
}
