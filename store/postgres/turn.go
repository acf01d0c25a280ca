package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

func (d *directoryChange) turn(ctx context.Context, userIDs []string, internal bool) error {
	turned, err := turnDMs(ctx, d.tx, userIDs, internal)
	d.outcome.Turned = append(d.outcome.Turned, turned...)
	return err
}

// turnDMs makes those direct messages of some users internal of which both are, or all of them no longer so, and numbers that.
func turnDMs(ctx context.Context, tx pgx.Tx, userIDs []string, internal bool) ([]chat.ChannelTurned, error) {
	rows, err := tx.Query(ctx, `UPDATE channels c SET is_internal = $2, last_event_seq = last_event_seq + 1
		WHERE channel_type = 'dm' AND is_internal <> $2 AND (dm_low = ANY ($1) OR dm_high = ANY ($1))
			AND NOT ($2 AND EXISTS (SELECT FROM channel_members m WHERE m.channel_id = c.id AND NOT m.user_internal))
		RETURNING id, last_event_seq, is_internal`, userIDs, internal)
	if err != nil {
		return nil, err
	}
	turned, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (push chat.ChannelTurned, err error) {
		return push, row.Scan(&push.ChannelID, &push.EventSeq, &push.Internal)
	})
	if err != nil || len(turned) == 0 {
		return nil, err
	}
	changes, at := make([][]any, 0, len(turned)), time.Now().UTC().Truncate(time.Millisecond)
	for _, push := range turned {
		data, err := json.Marshal(push)
		if err != nil {
			return nil, fmt.Errorf("encode a change: %w", err)
		}
		changes = append(changes, []any{push.ChannelID, push.EventSeq, chat.EventChannelTurned, at, data})
	}
	return turned, copyChanges(ctx, tx, changes)
}
