package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/call"
)

// CallStore keeps the record of calls.
type CallStore struct{ db *DB }

var _ call.Store = (*CallStore)(nil)

// Save writes a call with all its participants over what it had of them.
func (s *CallStore) Save(ctx context.Context, c call.Call) error {
	ids := make([]string, len(c.Participants))
	b := &pgx.Batch{}
	b.Queue(`INSERT INTO calls (id, channel_id, call_type, initiator_id, call_status, started_at, ended_at, total_duration,
			avg_quality, network_issues, node)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, '{}'::text[]), $11)
		ON CONFLICT (id) DO UPDATE SET call_type = excluded.call_type, call_status = excluded.call_status,
			started_at = excluded.started_at, ended_at = excluded.ended_at, total_duration = excluded.total_duration,
			avg_quality = excluded.avg_quality, network_issues = excluded.network_issues, node = excluded.node`,
		c.ID, c.ChannelID, c.Type, c.InitiatorID, c.Status, millis(c.StartedAt), millisOrNil(c.EndedAt), c.TotalDuration,
		c.AvgQuality, c.NetworkIssues, s.db.node.number)
	for i, p := range c.Participants {
		ids[i] = p.ParticipantID
		b.Queue(`INSERT INTO call_participants (participant_id, call_id, user_id, joined_at, left_at, duration)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (participant_id) DO UPDATE SET left_at = excluded.left_at, duration = excluded.duration`,
			p.ParticipantID, c.ID, p.UserID, millis(p.JoinedAt), millisOrNil(p.LeftAt), p.Duration)
	}
	b.Queue(`DELETE FROM call_participants WHERE call_id = $1 AND participant_id <> ALL ($2)`, c.ID, ids)
	return s.db.do(ctx, "save call", func(ctx context.Context) error {
		return s.db.pool.SendBatch(ctx, b).Close()
	})
}

const (
	selectCall = `SELECT ` + callColumns + ` FROM calls c LEFT JOIN call_participants p ON p.call_id = c.id
		WHERE c.id = $1 ORDER BY p.joined_at, p.participant_id`
	listCalls = `SELECT ` + callColumns + ` FROM (
			SELECT calls.* FROM calls JOIN channel_members m ON m.channel_id = calls.channel_id AND m.user_id = $1
			WHERE ($2 = '' OR calls.channel_id = $2) AND ($3 = '' OR calls.id < $3) AND ($5 OR NOT m.channel_internal)
			ORDER BY calls.id DESC LIMIT $4
		) c LEFT JOIN call_participants p ON p.call_id = c.id
		ORDER BY c.id DESC, p.joined_at, p.participant_id`
	callColumns = `c.id, c.channel_id, c.call_type, c.initiator_id, c.call_status, c.started_at, c.ended_at, c.total_duration,
		c.avg_quality, c.network_issues, p.participant_id, p.user_id, p.joined_at, p.left_at, p.duration`
)

// Get returns one call, or call.ErrNoCall.
func (s *CallStore) Get(ctx context.Context, callID string) (c call.Call, err error) {
	err = s.db.do(ctx, "read call", func(ctx context.Context) error {
		calls, err := s.query(ctx, selectCall, callID)
		if err == nil && len(calls) == 0 {
			return call.ErrNoCall
		}
		if err == nil {
			c = calls[0]
		}
		return err
	})
	return c, err
}

// List returns up to q.Limit calls, newest first, of the channels that the user is a member of.
func (s *CallStore) List(ctx context.Context, q call.ListQuery) (calls []call.Call, hasMore bool, err error) {
	limit := bounded(q.Limit, maxCallRecords)
	err = s.db.do(ctx, "list calls", func(ctx context.Context) error {
		calls, err = s.query(ctx, listCalls, q.UserID, q.ChannelID, q.Before, limit+1, q.Internal)
		return err
	})
	if hasMore = len(calls) > limit; hasMore {
		calls = calls[:limit]
	}
	return calls, hasMore, err
}

// query folds rows of a call and one participant each into calls.
func (s *CallStore) query(ctx context.Context, sql string, args ...any) ([]call.Call, error) {
	rows, err := s.db.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	calls := []call.Call{}
	for rows.Next() {
		var (
			c          = call.Call{Participants: []call.Record{}}
			p          call.Record
			seat, user *string
			joined     *time.Time
		)
		err := rows.Scan(&c.ID, &c.ChannelID, &c.Type, &c.InitiatorID, &c.Status, &c.StartedAt, &c.EndedAt, &c.TotalDuration,
			&c.AvgQuality, &c.NetworkIssues, &seat, &user, &joined, &p.LeftAt, &p.Duration)
		if err != nil {
			return nil, err
		}
		if len(calls) == 0 || calls[len(calls)-1].ID != c.ID {
			calls = append(calls, c)
		}
		if seat != nil {
			p.ParticipantID, p.UserID, p.JoinedAt = *seat, *user, *joined
			last := &calls[len(calls)-1]
			last.Participants = append(last.Participants, p)
		}
	}
	return calls, rows.Err()
}

// CloseOrphans ends, as failed at the given time, the calls that are still open, not among the live ones, and of a node
// that has died.
func (s *CallStore) CloseOrphans(ctx context.Context, live []string, at time.Time) (n int, err error) {
	if live == nil {
		live = []string{} // NULL would compare with nothing
	}
	err = s.db.do(ctx, "close orphaned calls", func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, `WITH closed AS (
				UPDATE calls SET call_status = 'failed', ended_at = greatest($2, started_at),
					total_duration = floor(extract(epoch FROM greatest($2, started_at) - started_at))
				WHERE call_status = 'ongoing' AND id <> ALL ($1) AND `+deadNode+`
				RETURNING id
			), emptied AS (
				UPDATE call_participants p SET left_at = greatest($2, joined_at),
					duration = floor(extract(epoch FROM greatest($2, joined_at) - joined_at))
				FROM closed WHERE p.call_id = closed.id AND p.left_at IS NULL
			)
			SELECT count(*) FROM closed`, live, millis(at)).Scan(&n)
	})
	return n, err
}

// millis is the precision of all stored times.
func millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func millisOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	m := millis(*t)
	return &m
}
