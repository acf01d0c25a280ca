package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// channelColumns are those of scanChannel; channelJoins is what they need beside channels c.
const (
	channelColumns = `c.id, c.name, c.description, c.channel_type, c.is_private, c.is_internal, c.is_archived, c.is_read_only, c.slow_mode_seconds,
		c.avatar, coalesce(c.project_id, ''), coalesce(c.department_id, ''),
		(SELECT jsonb_build_object('id', p.id, 'name', p.name, 'url', p.url, 'status', p.status, 'isFinished', p.is_finished)
			FROM projects p WHERE p.id = c.project_id),
		c.last_seq, c.last_event_seq, c.last_message_at, c.created_by, c.created_at,
		greatest(c.updated_at, c.last_message_at),
		(SELECT count(*) FROM channel_members m WHERE m.channel_id = c.id),
		(SELECT coalesce(jsonb_agg(jsonb_build_object('userId', u.id, 'name', u.name, 'avatarUrl', u.avatar_url,
				'role', m.role, 'joinedAt', m.joined_at) ORDER BY m.joined_at, u.id), '[]')
			FROM channel_members m JOIN users u ON u.id = m.user_id WHERE m.channel_id = c.id AND c.channel_type = 'dm'),
		last.id, last.sender_id, last.name, last.body, last.created_at`
	channelJoins = ` LEFT JOIN LATERAL (
			SELECT m.id, m.sender_id, u.name, left(m.body, 140) AS body, m.created_at
			FROM messages m JOIN users u ON u.id = m.sender_id WHERE m.channel_id = c.id AND m.seq = c.last_seq
		) last ON true `
)

// putAway tells whether a membership, which may be null, is of somebody who has archived the DM c for themselves.
func putAway(membership string) string {
	return `coalesce(` + membership + `.archived_seq >= c.last_seq, false)`
}

func scanChannel(row pgx.Row, more ...any) (chat.Channel, error) {
	var (
		c                              chat.Channel
		lastID, lastBy, lastName, body *string
		lastAt                         *time.Time
	)
	err := row.Scan(append([]any{
		&c.ID, &c.Name, &c.Description, &c.Type, &c.Private, &c.Internal, &c.Archived, &c.ReadOnly, &c.SlowMode,
		&c.Avatar, &c.ProjectID, &c.DepartmentID, &c.Project,
		&c.Seq, &c.EventSeq, &c.LastMessageAt, &c.CreatedBy, &c.CreatedAt, &c.UpdatedAt,
		&c.ParticipantCount, &c.Participants, &lastID, &lastBy, &lastName, &body, &lastAt,
	}, more...)...)
	if err != nil {
		return chat.Channel{}, err
	}
	c.MessageCount = c.Seq
	for i := range c.Participants {
		c.Participants[i].JoinedAt = c.Participants[i].JoinedAt.UTC()
	}
	if lastID != nil {
		c.LastMessage = &chat.LastMessage{ID: *lastID, SenderID: *lastBy, SenderName: *lastName, Message: *body, CreatedAt: *lastAt}
	}
	return c, nil
}

// Channels lists the channels the user is a member of, the last active first, archived ones left out.
func (s *ChatStore) Channels(ctx context.Context, userID string) ([]chat.Channel, error) {
	return s.channels(ctx, userID, false)
}

// ArchivedChannels lists a user's channels that are archived.
func (s *ChatStore) ArchivedChannels(ctx context.Context, userID string) ([]chat.Channel, error) {
	return s.channels(ctx, userID, true)
}

func (s *ChatStore) channels(ctx context.Context, userID string, archived bool) (channels []chat.Channel, err error) {
	err = s.db.do(ctx, "list channels", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT `+channelColumns+`
			FROM channel_members mine JOIN channels c ON c.id = mine.channel_id `+channelJoins+`
			WHERE mine.user_id = $1 AND (c.is_archived OR `+putAway("mine")+`) = $3
			ORDER BY coalesce(c.last_message_at, c.created_at) DESC, c.id LIMIT $2`, userID, maxChannels, archived)
		if err != nil {
			return err
		}
		channels, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (chat.Channel, error) {
			ch, err := scanChannel(row)
			ch.Archived = archived
			return ch, err
		})
		return err
	})
	return channels, err
}

// Access returns a channel with the user's membership in it: nil when they are no member.
func (s *ChatStore) Access(ctx context.Context, channelID, userID string) (ch chat.Channel, member *chat.Member, err error) {
	err = s.db.do(ctx, "read channel", func(ctx context.Context) error {
		var (
			id, name, avatar *string
			role             *chat.MemberRole
			joined, silenced *time.Time
			sent             *time.Time
			blocked, away    bool
		)
		ch, err = scanChannel(s.db.pool.QueryRow(ctx, `SELECT `+channelColumns+`, me.id, me.name, me.avatar_url, mine.role, mine.joined_at, mine.silenced_until, mine.last_sent_at,
				c.channel_type = 'dm' AND EXISTS (SELECT FROM blocks b WHERE b.blocked_id = $2 AND b.user_id IN (c.dm_low, c.dm_high)), `+putAway("mine")+`
			FROM channels c `+channelJoins+`
			LEFT JOIN channel_members mine ON mine.channel_id = c.id AND mine.user_id = $2
			LEFT JOIN users me ON me.id = mine.user_id
			WHERE c.id = $1`, channelID, userID), &id, &name, &avatar, &role, &joined, &silenced, &sent, &blocked, &away)
		if noRows(err) {
			return chat.ErrNoChannel
		}
		ch.Archived = ch.Archived || away
		if err == nil && id != nil {
			member = &chat.Member{UserID: *id, Name: *name, AvatarURL: *avatar, Role: *role, JoinedAt: *joined, SilencedUntil: silenced, LastSentAt: sent, Blocked: blocked}
		}
		return err
	})
	return ch, member, err
}

// Speaker is Access with no more of the channel than decides about a message.
func (s *ChatStore) Speaker(ctx context.Context, channelID, userID string) (ch chat.Channel, member *chat.Member, err error) {
	err = s.db.do(ctx, "read channel", func(ctx context.Context) error {
		var (
			m    chat.Member
			role *chat.MemberRole
		)
		ch = chat.Channel{ID: channelID}
		err := s.db.pool.QueryRow(ctx, `SELECT c.channel_type, c.is_internal, c.is_archived, c.is_read_only, c.slow_mode_seconds,
				mine.role, mine.silenced_until, mine.last_sent_at,
				c.channel_type = 'dm' AND EXISTS (SELECT FROM blocks b WHERE b.blocked_id = $2 AND b.user_id IN (c.dm_low, c.dm_high))
			FROM channels c LEFT JOIN channel_members mine ON mine.channel_id = c.id AND mine.user_id = $2
			WHERE c.id = $1`, channelID, userID).
			Scan(&ch.Type, &ch.Internal, &ch.Archived, &ch.ReadOnly, &ch.SlowMode, &role, &m.SilencedUntil, &m.LastSentAt, &m.Blocked)
		if noRows(err) {
			return chat.ErrNoChannel
		}
		member = nil
		if err == nil && role != nil {
			m.UserID, m.Role = userID, *role
			member = &m
		}
		return err
	})
	return ch, member, err
}

// GeneralChannelID names the one general channel.
func (s *ChatStore) GeneralChannelID(ctx context.Context) (channelID string, err error) {
	err = s.db.do(ctx, "find the general channel", func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, `SELECT id FROM channels WHERE channel_type = 'general'`).Scan(&channelID)
	})
	return channelID, err
}

// MemberIDs lists the users of a channel, at most limit.
func (s *ChatStore) MemberIDs(ctx context.Context, channelID string, limit int) (ids []string, err error) {
	err = s.db.do(ctx, "list members", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT user_id FROM channel_members WHERE channel_id = $1 ORDER BY user_id LIMIT $2`,
			channelID, bounded(limit, maxMembers))
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return ids, err
}
