package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// SetLinkPreview adds a preview to a message that still says what it said at a revision.
func (s *ChatStore) SetLinkPreview(ctx context.Context, messageID string, revision int, p chat.LinkPreview) (m chat.Message, eventSeq int64, err error) {
	m, err = s.inMessage(ctx, "add link preview", messageID, func(tx pgx.Tx, m *chat.Message) error {
		if eventSeq = 0; m.Deleted || m.Revision != revision || m.LinkPreview != nil {
			return nil
		}
		shown := p
		if err := takePicture(ctx, tx, &shown); err != nil {
			return err
		}
		number, at, err := numberChange(ctx, tx, m.ChannelID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE messages SET link_preview = $2, preview_picture = $3 WHERE id = $1`, m.ID, shown, orNull(shown.Picture)); err != nil {
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

// takePicture takes back the removal that was planned for a picture. When that has begun, the preview is without it.
func takePicture(ctx context.Context, tx pgx.Tx, p *chat.LinkPreview) error {
	if p.Picture == "" {
		return nil
	}
	tag, err := tx.Exec(ctx, `DELETE FROM jobs WHERE kind = $1 AND key = $2 AND attempts = 0`, chat.PictureRemovalKind, p.Picture)
	if err == nil && tag.RowsAffected() == 0 {
		*p = p.WithoutPicture()
	}
	return err
}

// PlanPictureRemoval has a picture removed at a time, unless a message has it by then.
func (s *ChatStore) PlanPictureRemoval(ctx context.Context, key string, at time.Time) error {
	return s.db.do(ctx, "plan the removal of a picture", func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error { return putJob(ctx, tx, chat.PictureRemovalKind, key, key, at) })
	})
}

// removePicture makes the job that removes a message's picture, for a change by which the message loses it.
func removePicture(ctx context.Context, tx pgx.Tx, before *chat.Message) error {
	if before.LinkPreview == nil || before.LinkPreview.Picture == "" {
		return nil
	}
	key := before.LinkPreview.Picture
	return putJob(ctx, tx, chat.PictureRemovalKind, key, key, time.Now())
}
