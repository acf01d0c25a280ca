package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// SetLinkPreview adds a preview to a message that still says what it said at a revision.
func (s *ChatStore) SetLinkPreview(ctx context.Context, messageID string, revision int, p chat.LinkPreview) (m chat.Message, eventSeq int64, err error) {
	m, err = s.inMessage(ctx, "add link preview", messageID, func(tx pgx.Tx, m *chat.Message) error {
		if eventSeq = 0; m.Deleted || m.Revision != revision || m.LinkPreview != nil {
			return nil
		}
		number, at, err := numberChange(ctx, tx, m.ChannelID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE messages SET link_preview = $2 WHERE id = $1`, m.ID, p); err != nil {
			return err
		}
		if err := recordChange(ctx, tx, m.ChannelID, number, at, chat.EventMessageEdited, m.ID, nil); err != nil {
			return err
		}
		eventSeq = number
		*m, err = readMessage(ctx, tx, m.ID)
		return err
	})
	return m, eventSeq, err
}
