package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// MembersAmong returns those of the given users that are in the channel, in order of their ids.
func (s *ChatStore) MembersAmong(ctx context.Context, channelID string, userIDs []string) (people []chat.Person, err error) {
	err = s.db.do(ctx, "find members", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT u.id, u.name, u.avatar_url FROM channel_members m JOIN users u ON u.id = m.user_id
			WHERE m.channel_id = $1 AND m.user_id = ANY ($2) ORDER BY u.id`, channelID, userIDs)
		if err != nil {
			return err
		}
		people, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p chat.Person, err error) {
			return p, row.Scan(&p.ID, &p.Name, &p.AvatarURL)
		})
		return err
	})
	return people, err
}

// memberColumns are those of a member m who is the user u, for scanMember.
const memberColumns = `u.id, u.name, u.avatar_url, m.role, m.joined_at, m.silenced_until`

func scanMember(row pgx.CollectableRow) (m chat.Member, err error) {
	return m, row.Scan(&m.UserID, &m.Name, &m.AvatarURL, &m.Role, &m.JoinedAt, &m.SilencedUntil)
}

// inChannel runs a change of a channel as a transaction that holds its row, which puts the channel's changes in one order.
func (s *ChatStore) inChannel(ctx context.Context, what, channelID string, change func(tx pgx.Tx, internal bool) error) error {
	return s.db.do(ctx, what, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			var internal bool
			err := tx.QueryRow(ctx, `SELECT is_internal FROM channels WHERE id = $1 FOR UPDATE`, channelID).Scan(&internal)
			if noRows(err) {
				return chat.ErrNoChannel
			} else if err != nil {
				return err
			}
			return change(tx, internal)
		})
	})
}

// insertMembers writes memberships. A member has read what was there before them.
func insertMembers(ctx context.Context, tx pgx.Tx, channelID string, internal bool, userIDs []string, role chat.MemberRole) (added []string, err error) {
	var known, insiders int
	err = tx.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE is_internal) FROM (SELECT is_internal FROM users WHERE id = ANY ($1) AND is_active FOR SHARE) u`,
		userIDs).Scan(&known, &insiders)
	switch {
	case err != nil:
		return nil, err
	case known != len(userIDs):
		return nil, chat.ErrNoUser
	case internal && insiders != known:
		return nil, chat.ErrClientNotAllowed
	case role != chat.PlainMember && insiders != known:
		return nil, chat.ErrClientNoRole
	}
	rows, err := tx.Query(ctx, `INSERT INTO channel_members (channel_id, channel_internal, user_id, user_internal, role, read_seq)
		SELECT c.id, c.is_internal, u.id, u.is_internal, $3, c.last_seq FROM channels c, users u WHERE c.id = $1 AND u.id = ANY ($2)
		ON CONFLICT DO NOTHING RETURNING user_id`, channelID, userIDs, role)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// AddMembers adds users who are not in yet.
func (s *ChatStore) AddMembers(ctx context.Context, channelID string, userIDs []string, role chat.MemberRole) (added []chat.Member, eventSeq int64, err error) {
	err = s.inChannel(ctx, "add members", channelID, func(tx pgx.Tx, internal bool) error {
		added, eventSeq = []chat.Member{}, 0
		ids, err := insertMembers(ctx, tx, channelID, internal, userIDs, role)
		if err != nil || len(ids) == 0 {
			return err
		}
		var count int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM channel_members WHERE channel_id = $1`, channelID).Scan(&count); err != nil {
			return err
		}
		if count > chat.MaxMembers {
			return chat.ErrTooManyMembers
		}
		if count == len(ids) { // all have left, and its owner too
			if err := s.adopt(ctx, tx, channelID); err != nil {
				return err
			}
		}
		rows, err := tx.Query(ctx, `SELECT `+memberColumns+` FROM channel_members m JOIN users u ON u.id = m.user_id
			WHERE m.channel_id = $1 AND m.user_id = ANY ($2) ORDER BY u.id`, channelID, ids)
		if err != nil {
			return err
		}
		if added, err = pgx.CollectRows(rows, scanMember); err != nil {
			return err
		}
		var at time.Time
		if eventSeq, at, err = numberChange(ctx, tx, channelID); err != nil {
			return err
		}
		push := chat.MembersAdded{ChannelID: channelID, EventSeq: eventSeq, Members: added, ParticipantCount: count}
		return recordChange(ctx, tx, channelID, eventSeq, at, chat.EventMembersAdded, "", push)
	})
	return added, eventSeq, err
}

// RemoveMember takes a member out.
func (s *ChatStore) RemoveMember(ctx context.Context, channelID, userID string) (push chat.MemberRemoved, err error) {
	err = s.inChannel(ctx, "remove member", channelID, func(tx pgx.Tx, _ bool) error {
		push = chat.MemberRemoved{}
		var owned bool
		err := tx.QueryRow(ctx, `DELETE FROM channel_members WHERE channel_id = $1 AND user_id = $2 RETURNING role = 'owner'`, channelID, userID).Scan(&owned)
		if noRows(err) {
			return nil
		} else if err != nil {
			return err
		}
		heir := ""
		if owned { // what nobody owns, as the directory's channels, nobody inherits
			if heir, err = inherit(ctx, tx, channelID); err != nil {
				return err
			}
		}
		var count int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM channel_members WHERE channel_id = $1`, channelID).Scan(&count); err != nil {
			return err
		}
		eventSeq, at, err := numberChange(ctx, tx, channelID)
		if err != nil {
			return err
		}
		push = chat.MemberRemoved{ChannelID: channelID, EventSeq: eventSeq, UserID: userID, OwnerID: heir, ParticipantCount: count}
		return recordChange(ctx, tx, channelID, eventSeq, at, chat.EventMemberRemoved, "", push)
	})
	return push, err
}

// inherit makes the next in line the owner of a channel that has none any more; "" when there is one, or nobody to be it.
func inherit(ctx context.Context, tx pgx.Tx, channelID string) (heir string, err error) {
	err = tx.QueryRow(ctx, `UPDATE channel_members SET role = 'owner' WHERE channel_id = $1 AND user_id = (
			SELECT user_id FROM channel_members WHERE channel_id = $1 AND user_internal ORDER BY role = 'admin' DESC, joined_at, user_id LIMIT 1)
		AND NOT EXISTS (SELECT FROM channel_members WHERE channel_id = $1 AND role = 'owner')
		RETURNING user_id`, channelID).Scan(&heir)
	if noRows(err) {
		return "", nil
	}
	return heir, err
}

// adopt makes somebody the owner of a channel that people made and that has none.
func (s *ChatStore) adopt(ctx context.Context, tx pgx.Tx, channelID string) error {
	var theirs bool
	err := tx.QueryRow(ctx, `SELECT channel_type <> 'general' AND project_id IS NULL AND department_id IS NULL FROM channels WHERE id = $1`, channelID).Scan(&theirs)
	if err == nil && theirs {
		_, err = inherit(ctx, tx, channelID)
	}
	return err
}

// SetMemberRole changes a member's role.
func (s *ChatStore) SetMemberRole(ctx context.Context, channelID, userID string, role chat.MemberRole) (push chat.MemberUpdated, err error) {
	err = s.inChannel(ctx, "set role", channelID, func(tx pgx.Tx, _ bool) error {
		push = chat.MemberUpdated{}
		var (
			before   chat.MemberRole
			silenced *time.Time
			insider  bool
			owners   int
		)
		err := tx.QueryRow(ctx, `SELECT m.role, m.silenced_until, m.user_internal, (SELECT count(*) FROM channel_members o WHERE o.channel_id = $1 AND o.role = 'owner')
			FROM channel_members m WHERE m.channel_id = $1 AND m.user_id = $2`, channelID, userID).Scan(&before, &silenced, &insider, &owners)
		switch {
		case noRows(err):
			return chat.ErrNoMember
		case err != nil || before == role:
			return err
		case !insider && role != chat.PlainMember:
			return chat.ErrClientNoRole
		case before == chat.Owner && owners == 1:
			return chat.ErrLastOwner
		}
		if _, err := tx.Exec(ctx, `UPDATE channel_members SET role = $3 WHERE channel_id = $1 AND user_id = $2`, channelID, userID, role); err != nil {
			return err
		}
		push = chat.MemberUpdated{ChannelID: channelID, UserID: userID, Role: role, SilencedUntil: silenced}
		return recordMember(ctx, tx, &push)
	})
	return push, err
}

// Members lists members whose name contains search, in order of role and name.
func (s *ChatStore) Members(ctx context.Context, q chat.MemberQuery) (members []chat.Member, hasMore bool, err error) {
	limit := bounded(q.Limit, maxMembers)
	err = s.db.do(ctx, "list members", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT `+memberColumns+` FROM channel_members m JOIN users u ON u.id = m.user_id
			WHERE m.channel_id = $1 AND `+named("u.name", "$2")+`
			ORDER BY array_position('{owner,admin,member}', m.role), lower(u.name), u.id OFFSET $3 LIMIT $4`,
			q.ChannelID, q.Search, max(0, q.Offset), limit+1)
		if err != nil {
			return err
		}
		members, err = pgx.CollectRows(rows, scanMember)
		return err
	})
	if hasMore = len(members) > limit; hasMore {
		members = slices.Clip(members[:limit])
	}
	return members, hasMore, err
}
