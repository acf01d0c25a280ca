package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// headline has Postgres mark the whole text, by the words as they are and by their stems.
const headline = `ts_headline('simple', s.body, q.words, 'HighlightAll=true,StartSel=` + string(chat.MarkStart) + `,StopSel=` + string(chat.MarkEnd) + `'),
	ts_headline(@language::regconfig, s.body, q.words, 'HighlightAll=true,StartSel=` + string(chat.MarkStart) + `,StopSel=` + string(chat.MarkEnd) + `')`

// hits fetches the messages that were found, as they are now.
func (b *search) hits(ctx context.Context, tx pgx.Tx, ids []string) ([]chat.Hit, error) {
	hits := make([]chat.Hit, 0, len(ids))
	if len(ids) == 0 {
		return hits, nil
	}
	marked, words := `NULL::text, NULL::text`, `''::tsquery`
	if b.text != "" {
		marked, words = headline, b.text
	}
	b.args["ids"] = ids
	rows, err := tx.Query(ctx, `SELECT `+marked+`, `+messageColumns+` FROM message_search s JOIN messages m ON m.id = s.message_id
		JOIN users u ON u.id = m.sender_id, (SELECT `+words+` AS words) q
		WHERE s.message_id = ANY (@ids) AND m.deleted_at IS NULL ORDER BY s.created_at DESC, s.message_id DESC`, b.args)
	if err != nil {
		return nil, err
	}
	var (
		row           messageRow
		simple, stems *string
	)
	_, err = pgx.ForEachRow(rows, append([]any{&simple, &stems}, row.fields()...), func() error {
		m, _ := row.message()
		h := chat.Hit{Message: m}
		if simple != nil && stems != nil {
			h.Marked = []string{*simple, *stems}
		}
		hits = append(hits, h)
		return nil
	})
	return hits, err
}
