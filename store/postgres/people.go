package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// nextPersonChange is the number of a change of how people look to others. It is drawn with the directory's lock held.
const nextPersonChange = `(SELECT coalesce(max(person_change), 0) + 1 FROM users WHERE person_change > 0)`

// ChangedPeople gives those who look otherwise to others since a change, and the channels that are not internal in which they
// are; at most limit, the first of them, and whether there are more.
func (s *ChatStore) ChangedPeople(ctx context.Context, after int64, limit int) (people []chat.ChangedPerson, more bool, err error) {
	err = s.db.do(ctx, "list changed people", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT u.id, u.name, u.avatar_url, u.person_change, coalesce((
				SELECT array_agg(m.channel_id) FROM channel_members m WHERE m.user_id = u.id AND NOT m.channel_internal), '{}')
			FROM users u WHERE u.person_change > greatest($1, 0) ORDER BY u.person_change, u.id LIMIT $2`, after, limit+1)
		if err != nil {
			return err
		}
		people, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p chat.ChangedPerson, err error) {
			return p, row.Scan(&p.ID, &p.Name, &p.AvatarURL, &p.Change, &p.OpenChannels)
		})
		if more = len(people) > limit; more {
			people = people[:limit]
		}
		return err
	})
	return people, more, err
}

// LastPersonChange is the last change of how anybody looks to others; 0 when there was none.
func (s *ChatStore) LastPersonChange(ctx context.Context) (change int64, err error) {
	err = s.db.do(ctx, "read the last change of people", func(ctx context.Context) error {
		return s.db.pool.QueryRow(ctx, `SELECT `+nextPersonChange+` - 1`).Scan(&change)
	})
	return change, err
}
