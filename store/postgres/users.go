package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

const userColumns = `u.id, u.name, u.email, u.avatar_url, u.role, u.department, u.is_internal`

func scanUser(row pgx.CollectableRow) (u chat.User, err error) {
	return u, row.Scan(&u.ID, &u.Name, &u.Email, &u.AvatarURL, &u.Role, &u.Department, &u.Internal)
}

// UpsertUser records a user as their token describes them. Nothing is written when nothing has changed, so a thousand
// reconnects at once cost a thousand reads.
func (s *ChatStore) UpsertUser(ctx context.Context, u chat.User) (recorded chat.Recorded, err error) {
	written := false
	err = s.db.do(ctx, "record user", func(ctx context.Context) error {
		if kept, err := s.keptByDirectory(ctx, u); err != nil || kept {
			return err
		}
		known, same, err := s.userKnown(ctx, u)
		if err != nil || same {
			return err
		}
		written = true
		recorded.PersonChanged, recorded.Turned, err = s.writeUser(ctx, u, known)
		return err
	}, foreignKeyViolation, checkViolation) // of two people of one DM who change at once
	if err != nil || !written || !u.Internal {
		return recorded, err
	}
	recorded.Joined, err = s.db.entrance.enter(ctx, u.ID)
	return recorded, err
}

// userKept tells whether the directory describes the user $1: then a token changes nothing about them, unless it says that they
// are no longer internal ($2), which counts at once, and changes nothing else.
const userKept = `by_directory AND (is_internal = $2 OR NOT is_internal)`

func (s *ChatStore) keptByDirectory(ctx context.Context, u chat.User) (yes bool, err error) {
	err = s.db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE id = $1 AND `+userKept+`)`, u.ID, u.Internal).Scan(&yes)
	return yes, err
}

// userKnown tells whether a user is written down at all, and whether as they are now.
func (s *ChatStore) userKnown(ctx context.Context, u chat.User) (known, same bool, err error) {
	err = s.db.pool.QueryRow(ctx, `SELECT count(*) > 0, coalesce(bool_and((`+userColumns+`) = ($1, $2, $3, $4, $5, $6, $7) AND (NOT u.is_internal OR EXISTS (
			SELECT FROM channel_members m JOIN channels c ON c.id = m.channel_id
			WHERE m.user_id = u.id AND c.channel_type = 'general'))), false)
		FROM users u WHERE u.id = $1`,
		u.ID, u.Name, u.Email, u.AvatarURL, u.Role, u.Department, u.Internal).Scan(&known, &same)
	return known, same, err
}

// writeUser is one transaction. Whoever is no longer internal leaves the internal channels before the flag turns, and
// their DMs stop being internal. With the row held it is seen whether the directory has spoken of the user meanwhile. Who was
// known looks otherwise to others, maybe: such a change has a number, for which the directory's lock is held. Two who sign in
// for the first time at once as the same user, by different names, are one change that nobody is told of.
func (s *ChatStore) writeUser(ctx context.Context, u chat.User, known bool) (looksOther bool, turned []chat.ChannelTurned, err error) {
	err = pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
		if known {
			if err := lockDirectory(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO users (id, name, email, avatar_url, role, department, is_internal)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
			u.ID, u.Name, u.Email, u.AvatarURL, u.Role, u.Department, u.Internal); err != nil {
			return err
		}
		var meanwhile bool
		if err := tx.QueryRow(ctx, `SELECT `+userKept+`, $3 AND NOT by_directory AND (name, avatar_url) <> ($4, $5) FROM users WHERE id = $1 FOR UPDATE`,
			u.ID, u.Internal, known, u.Name, u.AvatarURL).Scan(&meanwhile, &looksOther); err != nil || meanwhile {
			looksOther = false
			return err
		}
		turned, err = changeUser(ctx, tx, u, looksOther)
		return err
	})
	return looksOther, turned, err
}

func changeUser(ctx context.Context, tx pgx.Tx, u chat.User, looksOther bool) (turned []chat.ChannelTurned, err error) {
	if !u.Internal {
		if _, err := tx.Exec(ctx, `DELETE FROM channel_members m USING channels c
			WHERE m.user_id = $1 AND c.id = m.channel_id AND c.is_internal AND c.channel_type <> 'dm'`, u.ID); err != nil {
			return nil, err
		}
		if turned, err = turnDMs(ctx, tx, []string{u.ID}, false); err != nil {
			return nil, err
		}
	}
	b := &pgx.Batch{}
	b.Queue(`UPDATE users SET role = $2, is_internal = $3, updated_at = now() WHERE id = $1`, u.ID, u.Role, u.Internal)
	b.Queue(`UPDATE users SET name = $2, email = $3, avatar_url = $4, department = $5 WHERE id = $1 AND NOT by_directory`,
		u.ID, u.Name, u.Email, u.AvatarURL, u.Department)
	if looksOther {
		b.Queue(`UPDATE users SET person_change = `+nextPersonChange+` WHERE id = $1`, u.ID)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil || !u.Internal {
		return turned, err
	}
	return turnDMs(ctx, tx, []string{u.ID}, true)
}

// Expel takes a user out of all internal channels but direct messages, and numbers that.
func (s *ChatStore) Expel(ctx context.Context, userID string) (left []chat.ChannelOutcome, turned []chat.ChannelTurned, err error) {
	err = s.db.do(ctx, "expel user", func(ctx context.Context) error {
		var inside bool
		err := s.db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM channel_members m JOIN channels c ON c.id = m.channel_id
			WHERE m.user_id = $1 AND m.channel_internal AND c.channel_type <> 'dm')`, userID).Scan(&inside)
		if err != nil || !inside {
			return err
		}
		return pgx.BeginFunc(ctx, s.db.pool, func(tx pgx.Tx) error {
			change := &directoryChange{tx: tx}
			if err := change.lock(ctx); err != nil {
				return err
			}
			err := change.expel(ctx, []string{userID})
			left, turned = change.outcome.Channels, change.outcome.Turned
			return err
		})
	})
	return left, turned, err
}

// named is the condition that a name contains a text, in any case and with or without accents. Most names have none, and are
// not taken apart.
func named(name, text string) string {
	const bare = `regexp_replace(lower(normalize(%s, NFKD)), '[\u0300-\u036f]', '', 'g')`
	return fmt.Sprintf(`strpos(CASE WHEN octet_length(%[1]s) = length(%[1]s) THEN lower(%[1]s) ELSE `+fmt.Sprintf(bare, name)+` END, `+
		fmt.Sprintf(bare, text+"::text")+`) > 0`, name)
}

// Users lists active users whose name contains search in any case, in order of name. The search is no pattern: what would be a
// wildcard elsewhere is an ordinary character here.
func (s *ChatStore) Users(ctx context.Context, search string, limit int) (users []chat.User, err error) {
	err = s.db.do(ctx, "list users", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT `+userColumns+` FROM users u
			WHERE u.is_active AND `+named("u.name", "$1")+` ORDER BY lower(u.name), u.id LIMIT $2`,
			search, bounded(limit, maxUsers))
		if err != nil {
			return err
		}
		users, err = pgx.CollectRows(rows, scanUser)
		return err
	})
	return users, err
}

// User returns one user, or chat.ErrNoUser.
func (s *ChatStore) User(ctx context.Context, userID string) (u chat.User, err error) {
	err = s.db.do(ctx, "read user", func(ctx context.Context) error {
		rows, err := s.db.pool.Query(ctx, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, userID)
		if err != nil {
			return err
		}
		u, err = pgx.CollectExactlyOneRow(rows, scanUser)
		if noRows(err) {
			return chat.ErrNoUser
		}
		return err
	})
	return u, err
}
