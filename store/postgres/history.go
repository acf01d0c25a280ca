package postgres

import (
	"context"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// A page and the channel's last change are read by one statement and so at one moment. The channel is the outer side of
// the join: one without messages gives a row without a message, one that does not exist gives no row.
var (
	historyBefore = `SELECT c.last_event_seq, ` + messageColumns + ` FROM channels c
		LEFT JOIN LATERAL (SELECT * FROM messages WHERE channel_id = c.id AND seq < $2 ORDER BY seq DESC LIMIT $3) m ON true
		LEFT JOIN users u ON u.id = m.sender_id WHERE c.id = $1 ORDER BY m.seq DESC`
	historyAfter = `SELECT c.last_event_seq, ` + messageColumns + ` FROM channels c
		LEFT JOIN LATERAL (SELECT * FROM messages WHERE channel_id = c.id AND seq > $2 ORDER BY seq LIMIT $3) m ON true
		LEFT JOIN users u ON u.id = m.sender_id WHERE c.id = $1 ORDER BY m.seq`
)

// History returns up to q.Limit messages of a channel, oldest first.
func (s *ChatStore) History(ctx context.Context, q chat.HistoryQuery) (page chat.Page, err error) {
	err = s.db.do(ctx, "read history", func(ctx context.Context) error {
		page, err = s.history(ctx, q)
		return err
	})
	return page, err
}

func (s *ChatStore) history(ctx context.Context, q chat.HistoryQuery) (chat.Page, error) {
	limit := bounded(q.Limit, maxHistory)
	query, bound := historyAfter, q.After
	if q.After < 0 {
		query, bound = historyBefore, q.Before
		if bound <= 0 {
			bound = math.MaxInt64
		}
	}
	rows, err := s.db.pool.Query(ctx, query, q.ChannelID, bound, limit+1)
	if err != nil {
		return chat.Page{}, err
	}
	page := chat.Page{Messages: make([]chat.Message, 0, limit)}
	found := false
	var row messageRow
	_, err = pgx.ForEachRow(rows, append([]any{&page.EventSeq}, row.fields()...), func() error {
		found = true
		if m, ok := row.message(); ok {
			page.Messages = append(page.Messages, m)
		}
		return nil
	})
	if err != nil {
		return chat.Page{}, err
	}
	if !found {
		return chat.Page{}, chat.ErrNoChannel
	}
	if page.HasMore = len(page.Messages) > limit; page.HasMore {
		page.Messages = page.Messages[:limit]
	}
	if q.After < 0 {
		slices.Reverse(page.Messages)
	}
	return page, nil
}

// SeqOf gives the number of a message of the channel; 0 when there is none with that id.
func (s *ChatStore) SeqOf(ctx context.Context, channelID, messageID string) (seq int64, err error) {
	err = s.db.do(ctx, "find message", func(ctx context.Context) error {
		err := s.db.pool.QueryRow(ctx, `SELECT seq FROM messages WHERE id = $1 AND channel_id = $2`, messageID, channelID).Scan(&seq)
		if noRows(err) {
			return nil
		}
		return err
	})
	return seq, err
}
