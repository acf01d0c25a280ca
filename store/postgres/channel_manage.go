package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// CreateChannel makes a channel with its owner and first members. A second attempt with the same id finds it made.
func (s *ChatStore) CreateChannel(ctx context.Context, n chat.NewChannel) (ch chat.Channel, err error) {
	others := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(n.MemberIDs))), func(userID string) bool { return userID == n.OwnerID })
	err = s.db.do(ctx, "create channel", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, `INSERT INTO channels (id, name, description, channel_type, is_private, is_internal, is_read_only, created_by)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
				n.ID, n.Name, n.Description, n.Type, n.Private, n.Internal, n.ReadOnly, n.OwnerID)
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 1 {
				if _, err := insertMembers(ctx, tx, n.ID, n.Internal, []string{n.OwnerID}, chat.Owner); err != nil {
					return err
				}
				if len(others) > 0 {
					if _, err := insertMembers(ctx, tx, n.ID, n.Internal, others, chat.PlainMember); err != nil {
						return err
					}
				}
			}
			if _, err := tx.Exec(ctx, `INSERT INTO channel_departments (channel_id, department) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`,
				n.ID, notNil(n.Departments)); err != nil {
				return err
			}
			ch, err = readChannel(ctx, tx, n.ID)
			return err
		})
	})
	return ch, err
}

func readChannel(ctx context.Context, tx pgx.Tx, channelID string) (chat.Channel, error) {
	return scanChannel(tx.QueryRow(ctx, `SELECT `+channelColumns+` FROM channels c `+channelJoins+` WHERE c.id = $1`, channelID))
}

// UpdateChannel changes what is not nil.
func (s *ChatStore) UpdateChannel(ctx context.Context, c chat.ChannelChange) (ch chat.Channel, eventSeq int64, err error) {
	err = s.inChannel(ctx, "update channel", c.ChannelID, func(tx pgx.Tx, _ bool) error {
		eventSeq = 0
		before, err := readChannel(ctx, tx, c.ChannelID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE channels SET name = coalesce($2, name), description = coalesce($3, description), avatar = coalesce($4, avatar),
			is_private = coalesce($5, is_private), is_read_only = coalesce($6, is_read_only), slow_mode_seconds = coalesce($7, slow_mode_seconds),
			is_archived = coalesce($8, is_archived),
			archived_at = CASE WHEN $8 AND NOT is_archived THEN now() WHEN $8 = false THEN NULL ELSE archived_at END,
			archived_by = CASE WHEN $8 AND NOT is_archived THEN $9 WHEN $8 = false THEN NULL ELSE archived_by END, updated_at = now()
			WHERE id = $1`, c.ChannelID, c.Name, c.Description, c.Avatar, c.Private, c.ReadOnly, c.SlowMode, c.Archived, c.ActorID)
		if err != nil {
			return err
		}
		if ch, err = readChannel(ctx, tx, c.ChannelID); err != nil || chat.UpdatedPush(before, 0) == chat.UpdatedPush(ch, 0) {
			return err
		}
		var at time.Time
		if eventSeq, at, err = numberChange(ctx, tx, c.ChannelID); err != nil {
			return err
		}
		ch.EventSeq = eventSeq
		return recordChange(ctx, tx, c.ChannelID, eventSeq, at, chat.EventChannelUpdated, "", chat.UpdatedPush(ch, eventSeq))
	})
	return ch, eventSeq, err
}

// OpenChannels lists internal channels that are not private and that the user is not in.
func (s *ChatStore) OpenChannels(ctx context.Context, userID, search string, limit int) (channels []chat.Channel, err error) {
	err = s.db.do(ctx, "list open channels", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT `+channelColumns+` FROM channels c `+channelJoins+`
			WHERE c.channel_type IN ('project', 'department') AND c.is_internal AND NOT c.is_private AND NOT c.is_archived
			AND `+named("c.name", "$2")+`
			AND NOT EXISTS (SELECT FROM channel_members m WHERE m.channel_id = c.id AND m.user_id = $1)
			ORDER BY lower(c.name), c.id LIMIT $3`, userID, search, bounded(limit, maxChannels))
		if err != nil {
			return err
		}
		channels, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (chat.Channel, error) { return scanChannel(row) })
		return err
	})
	for i := range channels {
		channels[i].LastMessage = nil // what was said is for members
	}
	return channels, err
}
