package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/internal/id"
)

// fill writes messages into channels as if their members had sent them over the last two years.
func (d *database) fill(ctx context.Context, channels []string, each int) (err error) {
	conn, err := pgx.Connect(ctx, d.cluster.URL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	for group, channelID := range channels {
		if err := fillChannel(ctx, conn, channelID, group, each); err != nil {
			return fmt.Errorf("fill %s: %w", channelID, err)
		}
	}
	_, err = conn.Exec(ctx, `VACUUM ANALYZE`)
	return err
}

func fillChannel(ctx context.Context, conn *pgx.Conn, channelID string, group, each int) error {
	began, step := time.Now().Add(-2*365*24*time.Hour), 2*365*24*time.Hour/time.Duration(each+1)
	n := 0
	rows := pgx.CopyFromFunc(func() ([]any, error) {
		if n == each {
			return nil, nil
		}
		n++
		return []any{
			id.New(), channelID, int64(n), userID(group*groupSize + rand.IntN(groupSize)), "User", fmt.Sprintf("fill-%d-%d", group, n),
			sentence(), "text", began.Add(time.Duration(n) * step),
		}, nil
	})
	columns := []string{"id", "channel_id", "seq", "sender_id", "sender_model", "client_id", "body", "message_type", "created_at"}
	if _, err := conn.CopyFrom(ctx, pgx.Identifier{"messages"}, columns, rows); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `UPDATE channels SET last_seq = $2, last_event_seq = last_event_seq + $2, last_message_at = now() WHERE id = $1`, channelID, each)
	return err
}

var words = strings.Fields(`quote invoice customer meeting project deadline export staging deploy review budget contract
	order shipment delay support ticket answer question number report sales forecast quarter onboarding design draft version
	release bug fix test result proposal call note summary plan step risk owner team partner price discount renewal licence
	the a to of and for with on in before after today tomorrow please thanks can we you they have is are was will`)

// sentence is 4 to 30 words, some of them rare.
func sentence() string {
	var text strings.Builder
	for i := range 4 + rand.IntN(27) {
		if i > 0 {
			text.WriteByte(' ')
		}
		if rand.IntN(12) == 0 {
			fmt.Fprintf(&text, "ref%d", rand.IntN(100_000))
		} else {
			text.WriteString(words[rand.IntN(len(words))])
		}
	}
	return text.String()
}
