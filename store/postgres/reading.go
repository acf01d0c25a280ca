package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// selectStandings counts from the cursors; nothing is counted in advance, so nothing can drift. Each count ends at its
// limit.
var selectStandings = `
SELECT me.channel_id, me.role, me.read_seq, me.notify_level, ` + putAway("me") + `,
	CASE WHEN c.last_seq = me.read_seq THEN 0 ELSE (SELECT count(*) FROM (
		SELECT FROM messages m WHERE m.channel_id = c.id AND m.seq > me.read_seq AND m.sender_id <> me.user_id
			AND m.deleted_at IS NULL AND m.parent_id IS NULL AND m.message_type <> 'system'
			AND NOT EXISTS (SELECT FROM blocks b WHERE b.user_id = me.user_id AND b.blocked_id = m.sender_id) LIMIT $3) u) END,
	CASE WHEN c.last_seq = me.read_seq THEN 0 ELSE (SELECT count(*) FROM (
		SELECT n.seq FROM mentions n WHERE n.user_id = me.user_id AND n.channel_id = c.id AND n.seq > me.read_seq
			AND NOT EXISTS (SELECT FROM blocks b WHERE b.user_id = me.user_id
				AND b.blocked_id = (SELECT m.sender_id FROM messages m WHERE m.id = n.message_id)) -- only of who blocks somebody
		UNION
		SELECT m.seq FROM messages m WHERE m.channel_id = c.id AND m.seq > me.read_seq AND m.mentions_channel
			AND m.sender_id <> me.user_id AND m.deleted_at IS NULL
			AND NOT EXISTS (SELECT FROM blocks b WHERE b.user_id = me.user_id AND b.blocked_id = m.sender_id) LIMIT $3) u) END
FROM channel_members me JOIN channels c ON c.id = me.channel_id
WHERE me.user_id = $1 AND ($2::text[] IS NULL OR me.channel_id = ANY ($2))`

// Standings gives the user's standing in the given channels of theirs, or in all with nil.
func (s *ChatStore) Standings(ctx context.Context, userID string, channelIDs []string) (standings map[string]chat.Standing, err error) {
	err = s.db.do(ctx, "count unread messages", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, selectStandings, userID, channelIDs, chat.MaxCount)
		if err != nil {
			return err
		}
		var (
			channelID string
			me        chat.Standing
		)
		standings = make(map[string]chat.Standing)
		_, err = pgx.ForEachRow(rows, []any{&channelID, &me.Role, &me.ReadSeq, &me.NotifyLevel, &me.Archived, &me.Unread, &me.Mentions}, func() error {
			standings[channelID] = me
			return nil
		})
		return err
	})
	return standings, err
}

// MarkRead moves the user's cursor up to a seq; down only with back.
func (s *ChatStore) MarkRead(ctx context.Context, channelID, userID string, seq int64, back bool) (readSeq int64, changed bool, err error) {
	err = s.db.do(ctx, "mark as read", func(ctx context.Context) error {
		err := s.db.pool.QueryRow(ctx, `WITH wanted AS (
				SELECT greatest(least($3, last_seq), 0) AS seq FROM channels WHERE id = $1
			), moved AS (
				UPDATE channel_members m SET read_seq = w.seq FROM wanted w
				WHERE m.channel_id = $1 AND m.user_id = $2 AND (w.seq > m.read_seq OR ($4 AND w.seq < m.read_seq))
				RETURNING m.read_seq
			)
			SELECT coalesce((SELECT read_seq FROM moved), m.read_seq), EXISTS (SELECT FROM moved)
			FROM channel_members m WHERE m.channel_id = $1 AND m.user_id = $2`, channelID, userID, seq, back).Scan(&readSeq, &changed)
		if noRows(err) {
			return chat.ErrNoChannel
		}
		return err
	})
	return readSeq, changed, err
}

// MarkThreadRead moves the user's cursor in a thread that they follow.
func (s *ChatStore) MarkThreadRead(ctx context.Context, rootID, userID string, seq int64) (changed bool, err error) {
	err = s.db.do(ctx, "mark thread as read", func(ctx context.Context) error {
		tag, err := s.db.pool.Exec(ctx, `UPDATE thread_follows SET read_seq = $3 WHERE root_id = $1 AND user_id = $2 AND read_seq < $3`, rootID, userID, seq)
		changed = err == nil && tag.RowsAffected() > 0
		return err
	})
	return changed, err
}

// Reads lists up to where each member has read.
func (s *ChatStore) Reads(ctx context.Context, channelID string, limit int) (reads []chat.ReadCursor, err error) {
	err = s.db.do(ctx, "list read cursors", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT user_id, read_seq FROM channel_members WHERE channel_id = $1 ORDER BY user_id LIMIT $2`,
			channelID, bounded(limit, maxMembers))
		if err != nil {
			return err
		}
		reads, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r chat.ReadCursor, err error) {
			return r, row.Scan(&r.UserID, &r.ReadSeq)
		})
		return err
	})
	return reads, err
}

// LastSeqOf gives the highest number among messages of the channel.
func (s *ChatStore) LastSeqOf(ctx context.Context, channelID string, messageIDs []string) (seq int64, err error) {
	err = s.db.do(ctx, "find messages", func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, `SELECT coalesce(max(seq), 0) FROM messages WHERE channel_id = $1 AND id = ANY ($2)`, channelID, messageIDs).Scan(&seq)
	})
	return seq, err
}

// SetNotifyLevel says what the user wants to be told of a channel.
func (s *ChatStore) SetNotifyLevel(ctx context.Context, channelID, userID string, level chat.NotifyLevel) error {
	return s.db.do(ctx, "set notifications", func(ctx context.Context) error {
		_, err := s.db.pool.Exec(ctx, `UPDATE channel_members SET notify_level = $3 WHERE channel_id = $1 AND user_id = $2`, channelID, userID, level)
		return err
	})
}

// ArchiveDM puts a DM away for one of its people, or brings it back.
func (s *ChatStore) ArchiveDM(ctx context.Context, channelID, userID string, on bool) (changed bool, err error) {
	err = s.db.do(ctx, "archive DM", func(ctx context.Context) error {
		tag, err := s.db.pool.Exec(ctx, `UPDATE channel_members m SET archived_seq = CASE WHEN $3 THEN c.last_seq END FROM channels c
			WHERE c.id = m.channel_id AND c.channel_type = 'dm' AND m.channel_id = $1 AND m.user_id = $2 AND `+putAway("m")+` <> $3`, channelID, userID, on)
		changed = tag.RowsAffected() > 0
		return err
	})
	return changed, err
}

// FollowedThreads lists threads that the user follows, those in which something was written last first.
func (s *ChatStore) FollowedThreads(ctx context.Context, userID string, limit int) (threads []chat.FollowedThread, err error) {
	err = s.db.do(ctx, "list threads", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT (SELECT count(*) FROM (SELECT FROM messages r WHERE r.parent_id = m.id AND r.seq > f.read_seq
				AND r.sender_id <> $1 AND r.deleted_at IS NULL
				AND NOT EXISTS (SELECT FROM blocks b WHERE b.user_id = $1 AND b.blocked_id = r.sender_id) LIMIT $3) u),
				f.read_seq, coalesce((SELECT max(r.seq) FROM messages r WHERE r.parent_id = m.id), 0), `+messageColumns+`
			FROM thread_follows f JOIN messages m ON m.id = f.root_id JOIN users u ON u.id = m.sender_id
			JOIN channel_members me ON me.channel_id = m.channel_id AND me.user_id = $1
			WHERE f.user_id = $1 AND f.following AND (m.thread_count > 0 OR m.deleted_at IS NULL)
			ORDER BY coalesce(m.last_reply_at, m.created_at) DESC, m.id LIMIT $2`, userID, bounded(limit, maxHistory), chat.MaxCount)
		if err != nil {
			return err
		}
		var (
			row    messageRow
			thread chat.FollowedThread
		)
		threads = []chat.FollowedThread{}
		_, err = pgx.ForEachRow(rows, append([]any{&thread.Unread, &thread.ReadSeq, &thread.LastSeq}, row.fields()...), func() error {
			thread.Root, _ = row.message()
			threads = append(threads, thread)
			return nil
		})
		return err
	})
	return threads, err
}
