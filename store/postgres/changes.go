package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// selectChanges reads at one moment: which channels have how much after their cursor, as many of them as fit (those with
// the least first), and those changes with their messages. A channel with nothing new gives one row without a change.
var selectChanges = `
WITH wanted AS (
	SELECT c.id, k.cursor, c.last_event_seq - k.cursor AS missing
	FROM unnest($1::text[], $2::bigint[]) AS k (id, cursor) JOIN channels c ON c.id = k.id
	WHERE k.cursor BETWEEN 0 AND c.last_event_seq
), fitting AS (
	SELECT *, sum(missing) OVER (ORDER BY missing, id) AS total FROM wanted
)
SELECT f.id, f.missing, e.event_seq, e.kind, e.data, root.sender_id, root.thread_count, root.last_reply_at,
	CASE WHEN root.id IS NOT NULL THEN ` + peopleOf("root.last_repliers") + ` END, ` + messageColumns + `
FROM fitting f
LEFT JOIN channel_events e ON e.channel_id = f.id AND e.event_seq > f.cursor
LEFT JOIN messages m ON m.id = e.message_id AND e.data IS NULL
LEFT JOIN messages root ON root.id = m.parent_id
LEFT JOIN users u ON u.id = m.sender_id
WHERE f.total <= $3
ORDER BY f.total, e.event_seq`

// changeRow is a row of selectChanges.
type changeRow struct {
	channelID string
	missing   int64
	eventSeq  *int64
	kind      *string
	data      json.RawMessage
	thread    threadRow
	message   messageRow
}

// threadRow is the thread that a reply is in, as it stands now; null for what is no reply.
type threadRow struct {
	senderID    *string // of the message that it hangs on
	count       *int
	lastReplyAt *time.Time
	repliers    []chat.Person
}

// Changes returns, for each channel, all changes after its cursor in order; a channel that cannot be told of in full is
// left out.
func (s *ChatStore) Changes(ctx context.Context, cursors map[string]int64, limit, size int) (changes map[string][]chat.Change, err error) {
	ids, seqs := cursorArrays(cursors)
	err = s.db.do(ctx, "read changes", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, selectChanges, ids, seqs, bounded(limit, maxChanges))
		if err != nil {
			return err
		}
		changes, err = collectChanges(rows, size)
		return err
	})
	return changes, err
}

func cursorArrays(cursors map[string]int64) (ids []string, seqs []int64) {
	ids = make([]string, 0, len(cursors))
	for channelID := range cursors {
		ids = append(ids, channelID)
	}
	slices.Sort(ids)
	ids = ids[:min(len(ids), maxSyncCursors)]
	seqs = make([]int64, len(ids))
	for i, channelID := range ids {
		seqs[i] = cursors[channelID]
	}
	return ids, seqs
}

// errEnough ends the reading of changes that are more than an answer may hold.
var errEnough = errors.New("enough")

func collectChanges(rows pgx.Rows, size int) (map[string][]chat.Change, error) {
	var (
		row     changeRow
		changes = make(map[string][]chat.Change)
		missing = make(map[string]int64)
	)
	into := append([]any{&row.channelID, &row.missing, &row.eventSeq, &row.kind, &row.data, &row.thread.senderID, &row.thread.count, &row.thread.lastReplyAt, &row.thread.repliers}, row.message.fields()...)
	_, err := pgx.ForEachRow(rows, into, func() error {
		if _, ok := missing[row.channelID]; !ok {
			missing[row.channelID], changes[row.channelID] = row.missing, []chat.Change{}
		}
		c, ok, err := row.change()
		if size -= len(c.Data); size < 0 {
			return errEnough
		}
		if ok {
			changes[row.channelID] = append(changes[row.channelID], c)
		}
		return err
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	for channelID, want := range missing {
		if int64(len(changes[channelID])) != want {
			delete(changes, channelID)
		}
	}
	return changes, err
}

// change gives a change as its push was; false when there is none, or no longer enough left to do so. What a message says
// is taken from the message as it stands now: what was deleted there is gone here too, and the changes that follow lead to
// the same end.
func (r *changeRow) change() (c chat.Change, ok bool, err error) {
	if r.eventSeq == nil {
		return c, false, nil
	}
	c = chat.Change{Event: *r.kind, EventSeq: *r.eventSeq, Data: slices.Clone(r.data)}
	if c.Data != nil {
		return c, true, nil
	}
	m, ok := r.message.message()
	if !ok {
		return c, false, nil
	}
	var push any
	switch c.Event {
	case chat.EventNewMessage:
		push = chat.NewMessage{ChannelID: r.channelID, EventSeq: c.EventSeq, Message: m, Thread: r.thread.thread(m.ParentID)}
	case chat.EventMessageEdited:
		push = chat.EditedPush(m, c.EventSeq)
	default:
		return c, false, fmt.Errorf("channel %s has a change of the unknown kind %q", r.channelID, c.Event)
	}
	c.Data, err = json.Marshal(push)
	return c, true, err
}

func (t *threadRow) thread(rootID string) *chat.Thread {
	if t.count == nil {
		return nil
	}
	return &chat.Thread{
		MessageID: rootID, RootSenderID: orEmpty(t.senderID), Count: *t.count, LastReplyAt: copied(t.lastReplyAt), LastRepliers: append([]chat.Person{}, t.repliers...),
	}
}

// EventSeqs gives the last change of every channel that the user is a member of; without internal, of those that are not.
func (s *ChatStore) EventSeqs(ctx context.Context, userID string, internal bool) (map[string]int64, error) {
	return s.positions(ctx, `SELECT c.id, c.last_event_seq FROM channel_members m JOIN channels c ON c.id = m.channel_id
		WHERE m.user_id = $1 AND ($2 OR NOT m.channel_internal)`, userID, internal)
}

// Positions gives the last change of each of the channels.
func (s *ChatStore) Positions(ctx context.Context, channelIDs []string) (map[string]int64, error) {
	return s.positions(ctx, `SELECT id, last_event_seq FROM channels WHERE id = ANY ($1)`, channelIDs)
}

// Memberships gives the channels that each of some users is in, and whether those are internal.
func (s *ChatStore) Memberships(ctx context.Context, userIDs []string) (channels map[string]map[string]bool, err error) {
	err = s.db.do(ctx, "read memberships", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT user_id, channel_id, channel_internal FROM channel_members WHERE user_id = ANY ($1)`, userIDs)
		if err != nil {
			return err
		}
		var (
			userID, channelID string
			internal          bool
		)
		channels = make(map[string]map[string]bool)
		_, err = pgx.ForEachRow(rows, []any{&userID, &channelID, &internal}, func() error {
			if channels[userID] == nil {
				channels[userID] = make(map[string]bool)
			}
			channels[userID][channelID] = internal
			return nil
		})
		return err
	})
	return channels, err
}

// ActiveMembers gives, by channel, those of some users who are in it and are not deactivated.
func (s *ChatStore) ActiveMembers(ctx context.Context, channelIDs, userIDs []string) (members map[string][]string, err error) {
	err = s.db.do(ctx, "read active members", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT m.channel_id, m.user_id FROM channel_members m JOIN users u ON u.id = m.user_id
			WHERE m.channel_id = ANY ($1) AND m.user_id = ANY ($2) AND u.is_active`, channelIDs, userIDs)
		if err != nil {
			return err
		}
		var channelID, userID string
		members = make(map[string][]string)
		_, err = pgx.ForEachRow(rows, []any{&channelID, &userID}, func() error {
			members[channelID] = append(members[channelID], userID)
			return nil
		})
		return err
	})
	return members, err
}

func (s *ChatStore) positions(ctx context.Context, query string, of ...any) (seqs map[string]int64, err error) {
	err = s.db.do(ctx, "read event numbers", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, query, of...)
		if err != nil {
			return err
		}
		var (
			channelID string
			seq       int64
		)
		seqs = make(map[string]int64)
		_, err = pgx.ForEachRow(rows, []any{&channelID, &seq}, func() error {
			seqs[channelID] = seq
			return nil
		})
		return err
	})
	return seqs, err
}
