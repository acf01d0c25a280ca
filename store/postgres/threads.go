package postgres

import (
	"context"
	"math"
	"slices"

	"github.com/digierapro/parley/chat"
)

// Thread returns how a thread stands for a user; for nobody in particular with an empty userID.
func (s *ChatStore) Thread(ctx context.Context, rootID, userID string) (t chat.ThreadState, err error) {
	err = s.db.do(ctx, "read thread", func(ctx context.Context) error {
		t = chat.ThreadState{Thread: chat.Thread{MessageID: rootID}}
		err := s.db.pool.QueryRow(ctx, `SELECT m.sender_id, m.thread_count, m.last_reply_at, `+peopleOf("m.last_repliers")+`,
				coalesce(f.following, false), coalesce(f.read_seq, 0),
				coalesce((SELECT max(r.seq) FROM messages r WHERE r.parent_id = m.id), 0)
			FROM messages m LEFT JOIN thread_follows f ON f.root_id = m.id AND f.user_id = $2 WHERE m.id = $1`, rootID, userID).
			Scan(&t.RootSenderID, &t.Count, &t.LastReplyAt, &t.LastRepliers, &t.Following, &t.ReadSeq, &t.LastSeq)
		if noRows(err) {
			return chat.ErrNoMessage
		}
		return err
	})
	return t, err
}

// Replies returns a page of a thread, as History of a channel.
func (s *ChatStore) Replies(ctx context.Context, rootID string, q chat.HistoryQuery) (page chat.Page, err error) {
	limit := bounded(q.Limit, maxHistory)
	order, bound := "m.seq > $2 ORDER BY m.seq", q.After
	if q.After < 0 {
		order, bound = "m.seq < $2 ORDER BY m.seq DESC", q.Before
		if bound <= 0 {
			bound = math.MaxInt64
		}
	}
	err = s.db.do(ctx, "read thread", func(ctx context.Context) error {
		if err := s.db.pool.QueryRow(ctx, `SELECT last_event_seq FROM channels WHERE id = $1`, q.ChannelID).Scan(&page.EventSeq); err != nil {
			return err // read before the messages, as of History
		}
		rows, err := s.db.pool.Query(ctx, `SELECT `+messageColumns+` FROM messages m JOIN users u ON u.id = m.sender_id
			WHERE m.parent_id = $1 AND `+order+` LIMIT $3`, rootID, bound, limit+1)
		if err != nil {
			return err
		}
		page.Messages, err = collectMessages(rows)
		return err
	})
	if err != nil {
		return chat.Page{}, err
	}
	if page.HasMore = len(page.Messages) > limit; page.HasMore {
		page.Messages = page.Messages[:limit]
	}
	if q.After < 0 {
		slices.Reverse(page.Messages)
	}
	return page, nil
}

// FollowThread begins or ends following.
func (s *ChatStore) FollowThread(ctx context.Context, rootID, userID string, following bool) error {
	return s.db.do(ctx, "follow thread", func(ctx context.Context) error {
		_, err := s.db.pool.Exec(ctx, `INSERT INTO thread_follows (user_id, root_id, following, read_seq)
			VALUES ($1, $2, $3, coalesce((SELECT max(seq) FROM messages WHERE parent_id = $2), 0))
			ON CONFLICT (user_id, root_id) DO UPDATE SET following = excluded.following`, userID, rootID, following)
		return err
	})
}
