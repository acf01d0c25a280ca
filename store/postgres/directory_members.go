package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// desiredOf are the memberships that follow from the directory for a table of users: channel, user, role.
func desiredOf(users string) string {
	return `desired AS (
	SELECT c.id AS channel_id, c.is_internal AS channel_internal, u.id AS user_id, u.is_internal AS user_internal, 'member' AS role
	FROM channels c, ` + users + ` u WHERE c.channel_type = 'general' AND u.is_internal AND u.is_active
	UNION ALL
	SELECT c.id, c.is_internal, u.id, u.is_internal, CASE WHEN bool_or(u.role = 'manager') THEN 'admin' ELSE 'member' END
	FROM channels c JOIN channel_departments d ON d.channel_id = c.id JOIN ` + users + ` u ON u.department = d.department
	WHERE u.is_active AND u.by_directory AND (u.is_internal OR NOT c.is_internal) GROUP BY c.id, c.is_internal, u.id, u.is_internal
	UNION ALL
	SELECT c.id, c.is_internal, u.id, u.is_internal, CASE WHEN p.is_manager THEN 'admin' ELSE 'member' END
	FROM channels c JOIN project_members p ON p.project_id = c.project_id JOIN ` + users + ` u ON u.id = p.user_id
	WHERE u.is_active AND (u.is_internal OR NOT c.is_internal)
)`
}

// The users of desiredOf: all, or those of a list.
const (
	everyUser  = `users`
	theseUsers = `(SELECT * FROM users WHERE id = ANY ($1))`
)

var desired = desiredOf(everyUser)

// settle makes the memberships those that are desired. What people made stays, but of who is deactivated.
func (d *directoryChange) settle(ctx context.Context) error {
	err := d.remove(ctx, `NOT EXISTS (SELECT FROM channels c WHERE c.id = m.channel_id AND c.channel_type = 'dm')
		AND EXISTS (SELECT FROM users u WHERE u.id = m.user_id AND NOT u.is_active) AND $1::text[] IS NULL`, nil)
	if err != nil {
		return err
	}
	err = d.removeWith(ctx, `WITH `+desired+` `, `m.source = 'rule' AND $1::text[] IS NULL
		AND NOT EXISTS (SELECT FROM desired w WHERE w.channel_id = m.channel_id AND w.user_id = m.user_id)`, nil)
	if err != nil {
		return err
	}
	if err := d.changeRoles(ctx); err != nil {
		return err
	}
	return d.add(ctx, desired)
}

// changeRoles gives those who are in a channel by rule the role that follows from the directory, when that is another one than
// before, and numbers each change. What people have made of them meanwhile stays until then, and owners stay.
func (d *directoryChange) changeRoles(ctx context.Context) error {
	rows, err := d.tx.Query(ctx, `WITH `+desired+`, changed AS (
			UPDATE channel_members m SET rule_role = w.role, role = CASE m.role WHEN 'owner' THEN m.role ELSE w.role END
			FROM desired w, channel_members before
			WHERE m.channel_id = w.channel_id AND m.user_id = w.user_id AND m.source = 'rule' AND m.rule_role IS DISTINCT FROM w.role
				AND before.channel_id = m.channel_id AND before.user_id = m.user_id
			RETURNING m.channel_id, m.user_id, m.role, m.silenced_until, before.role AS role_before)
		SELECT channel_id, user_id, role, silenced_until FROM changed WHERE role <> role_before`)
	if err != nil {
		return err
	}
	changes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (push chat.MemberUpdated, err error) {
		return push, row.Scan(&push.ChannelID, &push.UserID, &push.Role, &push.SilencedUntil)
	})
	if err != nil {
		return err
	}
	told := make(map[string][]chat.MemberUpdated)
	for _, push := range changes {
		if err := recordMember(ctx, d.tx, &push); err != nil {
			return err
		}
		told[push.ChannelID] = append(told[push.ChannelID], push)
	}
	for channelID, pushes := range told {
		ch, err := readChannel(ctx, d.tx, channelID)
		if err != nil {
			return err
		}
		d.of(ch).RolesPush = pushes
	}
	return nil
}

// remove deletes the memberships m that fit, and numbers what it did.
func (d *directoryChange) remove(ctx context.Context, fit string, userIDs []string) error {
	return d.removeWith(ctx, "", fit, userIDs)
}

func (d *directoryChange) removeWith(ctx context.Context, with, fit string, userIDs []string) error {
	rows, err := d.tx.Query(ctx, with+`DELETE FROM channel_members m WHERE `+fit+` RETURNING m.channel_id, m.user_id, m.role = 'owner'`, userIDs)
	if err != nil {
		return err
	}
	var (
		channelID, userID string
		owner             bool
		removed           = make(map[string][]string)
		owned             = make(map[string]bool)
	)
	_, err = pgx.ForEachRow(rows, []any{&channelID, &userID, &owner}, func() error {
		removed[channelID] = append(removed[channelID], userID)
		owned[channelID] = owned[channelID] || owner
		return nil
	})
	if err != nil {
		return err
	}
	for channelID, users := range removed {
		heir := ""
		if owned[channelID] {
			if heir, err = inherit(ctx, d.tx, channelID); err != nil {
				return err
			}
		}
		if err := d.numberRemoved(ctx, channelID, users, heir); err != nil {
			return err
		}
	}
	return nil
}

func (d *directoryChange) numberRemoved(ctx context.Context, channelID string, users []string, heir string) error {
	ch, err := readChannel(ctx, d.tx, channelID)
	if err != nil {
		return err
	}
	outcome := d.of(ch)
	outcome.Removed = append(outcome.Removed, users...)
	first, at, err := numberChanges(ctx, d.tx, channelID, len(users))
	if err != nil {
		return err
	}
	changes := make([][]any, 0, len(users))
	for i, userID := range users {
		push := chat.MemberRemoved{ChannelID: channelID, EventSeq: first + int64(i), UserID: userID, OwnerID: heir, ParticipantCount: ch.ParticipantCount}
		outcome.RemovedPush = append(outcome.RemovedPush, push)
		data, err := json.Marshal(push)
		if err != nil {
			return fmt.Errorf("encode a change: %w", err)
		}
		changes = append(changes, []any{channelID, push.EventSeq, chat.EventMemberRemoved, at, data})
	}
	return copyChanges(ctx, d.tx, changes)
}

// add inserts what is missing of what is desired, and numbers one change for each channel.
func (d *directoryChange) add(ctx context.Context, desired string, args ...any) error {
	rows, err := d.tx.Query(ctx, `WITH `+desired+`, added AS (
			INSERT INTO channel_members (channel_id, channel_internal, user_id, user_internal, role, rule_role, source, read_seq)
			SELECT w.channel_id, w.channel_internal, w.user_id, w.user_internal, w.role, w.role, 'rule', c.last_seq
			FROM desired w JOIN channels c ON c.id = w.channel_id
			ON CONFLICT (channel_id, user_id) DO NOTHING RETURNING channel_id, user_id, role, joined_at, silenced_until
		)
		SELECT a.channel_id, u.id, u.name, u.avatar_url, a.role, a.joined_at, a.silenced_until FROM added a JOIN users u ON u.id = a.user_id ORDER BY 1, 2`, args...)
	if err != nil {
		return err
	}
	var (
		channelID string
		m         chat.Member
		channels  []string
		added     = make(map[string][]chat.Member)
	)
	_, err = pgx.ForEachRow(rows, []any{&channelID, &m.UserID, &m.Name, &m.AvatarURL, &m.Role, &m.JoinedAt, &m.SilencedUntil}, func() error {
		m.SilencedUntil = copied(m.SilencedUntil)
		if added[channelID] == nil {
			channels = append(channels, channelID)
		}
		added[channelID] = append(added[channelID], m)
		return nil
	})
	if err != nil {
		return err
	}
	for _, channelID := range channels {
		if err := d.numberAdded(ctx, channelID, added[channelID]); err != nil {
			return err
		}
	}
	return nil
}

func (d *directoryChange) numberAdded(ctx context.Context, channelID string, members []chat.Member) error {
	eventSeq, at, err := numberChange(ctx, d.tx, channelID)
	if err != nil {
		return err
	}
	ch, err := readChannel(ctx, d.tx, channelID)
	if err != nil {
		return err
	}
	push := chat.MembersAdded{
		ChannelID: channelID, EventSeq: eventSeq, Members: members[:min(len(members), membersInPush)], More: len(members) > membersInPush,
		ParticipantCount: ch.ParticipantCount,
	}
	if err := recordChange(ctx, d.tx, channelID, eventSeq, at, chat.EventMembersAdded, "", push); err != nil {
		return err
	}
	outcome := d.of(ch)
	outcome.Added, outcome.AddedPush = members, &push
	return nil
}

// Project returns a project with its members.
func (s *ChatStore) Project(ctx context.Context, projectID string) (p chat.DirectoryProject, err error) {
	err = s.db.do(ctx, "read project", func(ctx context.Context) error {
		err := s.db.pool.QueryRow(ctx, `SELECT p.id, p.name, p.description, p.url, p.status, p.is_finished,
				coalesce((SELECT array_agg(user_id) FROM project_members m WHERE m.project_id = p.id AND NOT m.is_manager), '{}'),
				coalesce((SELECT array_agg(user_id) FROM project_members m WHERE m.project_id = p.id AND m.is_manager), '{}')
			FROM projects p WHERE p.id = $1`, projectID).
			Scan(&p.ID, &p.Name, &p.Description, &p.URL, &p.Status, &p.Finished, &p.MemberIDs, &p.ManagerIDs)
		if noRows(err) {
			return chat.ErrNoProject
		}
		return err
	})
	return p, err
}
