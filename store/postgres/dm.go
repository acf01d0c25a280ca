package postgres

import (
	"context"

	"github.com/digierapro/parley/chat"
)

// insertDM makes the channel and both memberships, or nothing when the pair has one or when either person is unknown or deactivated.
// The pair's uniqueness decides between two that are made at once: the later one waits and then makes nothing.
const insertDM = `
WITH pair AS (
	SELECT id, is_internal FROM users WHERE id IN ($2, $3) AND is_active
), dm AS (
	INSERT INTO channels (id, channel_type, is_private, is_internal, dm_low, dm_high, created_by)
	SELECT $1, 'dm', true, bool_and(is_internal), min(id), max(id), $2 FROM pair HAVING count(*) = 2
	ON CONFLICT ON CONSTRAINT channels_one_dm_a_pair DO NOTHING
	RETURNING id, is_internal
)
INSERT INTO channel_members (channel_id, channel_internal, user_id, user_internal)
SELECT dm.id, dm.is_internal, pair.id, pair.is_internal FROM dm, pair`

const selectDM = `SELECT ` + channelColumns + ` FROM channels c ` + channelJoins + ` WHERE (c.dm_low, c.dm_high) = ($1, $2)`

// OpenDM returns the DM of two different users and makes it with newID if there is none.
func (s *ChatStore) OpenDM(ctx context.Context, newID, creatorID, otherID string) (ch chat.Channel, created bool, err error) {
	err = s.db.do(ctx, "open DM", func(ctx context.Context) error {
		if ch, err = s.findDM(ctx, creatorID, otherID); !noRows(err) {
			return err
		}
		if _, err = s.db.pool.Exec(ctx, insertDM, newID, creatorID, otherID); err != nil {
			return err
		}
		ch, err = s.findDM(ctx, creatorID, otherID)
		if noRows(err) {
			return chat.ErrNoUser
		}
		return err
	}, foreignKeyViolation, checkViolation) // of a person whose internal flag turned in between
	return ch, err == nil && ch.ID == newID, err
}

func (s *ChatStore) findDM(ctx context.Context, a, b string) (chat.Channel, error) {
	return scanChannel(s.db.pool.QueryRow(ctx, selectDM, min(a, b), max(a, b)))
}

// DMOf returns the DM of two people.
func (s *ChatStore) DMOf(ctx context.Context, a, b string) (ch chat.Channel, err error) {
	err = s.db.do(ctx, "find DM", func(ctx context.Context) error {
		ch, err = s.findDM(ctx, a, b)
		if noRows(err) {
			return chat.ErrNoChannel
		}
		return err
	})
	return ch, err
}
