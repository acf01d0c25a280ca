package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// MembersAmong returns those of the given users that are in the channel, in order of their ids.
func (s *ChatStore) MembersAmong(ctx context.Context, channelID string, userIDs []string) (people []chat.Person, err error) {
	err = s.db.do(ctx, "find members", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT u.id, u.name, u.avatar_url FROM channel_members m JOIN users u ON u.id = m.user_id
			WHERE m.channel_id = $1 AND m.user_id = ANY ($2) ORDER BY u.id`, channelID, userIDs)
		if err != nil {
			return err
		}
		people, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p chat.Person, err error) {
			return p, row.Scan(&p.ID, &p.Name, &p.AvatarURL)
		})
		return err
	})
	return people, err
}
