package postgres

import (
	"context"
	"crypto/sha256"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
)

// numberMessage begins the writing of a message: it numbers it and writes it, its change and what makes a repetition
// harmless, and moves its sender's cursor to readSeq. All is one statement and so one transaction and one round trip. The channel's row
// is locked from its update to the commit, which makes the order of commits that of the numbers. A send that was here
// before writes nothing; one that is under way at the same time meets message_dedup's primary key and undoes all of it,
// the numbers too.
func numberMessage(condition, columns, values, readSeq string) string {
	return `
WITH numbered AS (
	UPDATE channels SET last_seq = last_seq + 1, last_event_seq = last_event_seq + 1,
		last_message_at = date_trunc('milliseconds', clock_timestamp())
	WHERE id = $2 AND NOT EXISTS (SELECT FROM message_dedup WHERE sender_id = $3 AND client_id = $5)` + condition + `
	RETURNING id, last_seq AS seq, last_event_seq AS event_seq, last_message_at AS created_at
), dedup AS (
	INSERT INTO message_dedup (sender_id, client_id, channel_id, seq, event_seq, message_id, body_hash, created_at)
	SELECT $3, $5, id, seq, event_seq, $1, $8, created_at FROM numbered
), message AS (
	INSERT INTO messages (id, channel_id, seq, sender_id, sender_model, client_id, body, message_type, created_at` + columns + `)
	SELECT $1, id, seq, $3, $4, $5, $6, $7, created_at` + values + ` FROM numbered
), change AS (
	INSERT INTO channel_events (channel_id, event_seq, kind, message_id, created_at)
	SELECT id, event_seq, '` + chat.EventNewMessage + `', $1, created_at FROM numbered
), reader AS (
	UPDATE channel_members r SET read_seq = ` + readSeq + `, last_sent_at = CASE WHEN $7 = 'system' THEN r.last_sent_at ELSE n.created_at END FROM numbered n
	WHERE r.channel_id = n.id AND r.user_id = $3 AND r.read_seq < n.seq
)`
}

const numberedMessage = `
SELECT n.seq, n.event_seq, n.created_at, u.name, u.avatar_url FROM numbered n JOIN users u ON u.id = $3`

var (
	// insertPlain writes a message that is in no thread, names nobody and quotes nothing, as most are: what there is to do for
	// the others costs the server as much again, even when it finds nothing to do.
	insertPlain = numberMessage("", "", "", "n.seq") + numberedMessage

	// insertUsual is insertPlain that writes only where things are as chat.AppendUsual says.
	insertUsual = numberMessage(`
		AND NOT is_archived AND NOT is_read_only AND slow_mode_seconds = 0
		AND EXISTS (SELECT FROM channel_members k WHERE k.channel_id = $2 AND k.user_id = $3 AND k.silenced_until IS NULL)
		AND (channel_type <> 'dm' OR NOT EXISTS (SELECT FROM blocks b WHERE b.blocked_id = $3 AND b.user_id IN (dm_low, dm_high)))`,
		"", "", "n.seq") + numberedMessage

	insertMessage = numberMessage(`
		AND ($9::text IS NULL OR EXISTS (SELECT FROM messages p
			WHERE p.id = $9 AND p.channel_id = $2 AND p.parent_id IS NULL AND p.deleted_at IS NULL))`,
		`, parent_id, mentions, mentions_channel, quote, system`, `, $9, $10, $11, $12, $13`,
		`CASE WHEN $14 THEN n.seq ELSE r.read_seq END`) + `, named AS (
	INSERT INTO mentions (user_id, channel_id, seq, message_id)
	SELECT named.id, n.channel, n.seq, $1 FROM (SELECT id AS channel, seq FROM numbered) n, unnest($10::text[]) AS named (id)
	WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.user_id = named.id AND b.blocked_id = $3)
), root AS (
	UPDATE messages p SET thread_count = p.thread_count + 1, last_reply_at = n.created_at,
		last_repliers = (array_prepend($3, array_remove(p.last_repliers, $3)))[1:5]
	FROM numbered n WHERE p.id = $9 RETURNING p.sender_id
), follows AS (
	INSERT INTO thread_follows (user_id, root_id, read_seq)
	SELECT f.user_id, $9, CASE WHEN f.user_id = $3 THEN n.seq ELSE 0 END
	FROM numbered n, (SELECT sender_id FROM root UNION SELECT $3 FROM root UNION SELECT unnest($10::text[]) FROM root) f (user_id)
	ON CONFLICT (user_id, root_id) DO UPDATE SET read_seq = greatest(thread_follows.read_seq, excluded.read_seq),
		following = thread_follows.following OR thread_follows.user_id = $3
)` + numberedMessage
)

func plainArgs(d chat.Draft, hash []byte) []any {
	return []any{d.ID, d.ChannelID, d.Sender.ID, d.SenderModel, d.ClientID, d.Body, d.Type, hash}
}

// insertOf is the statement for a message, with its arguments.
func insertOf(d chat.Draft, hash []byte) (sql string, args []any) {
	args = plainArgs(d, hash)
	if d.ParentID == "" && len(d.Mentions) == 0 && !d.MentionsChannel && d.Quote == nil && d.System == nil && !d.Absent {
		return insertPlain, args
	}
	return insertMessage, append(args, orNull(d.ParentID), d.Mentions, d.MentionsChannel, d.Quote, d.System, readsByWriting(d))
}

// readsByWriting tells whether the sender has seen what was written in the channel before. Who replies in a thread looks at
// the thread, and who only does something of which a line is written may look at neither.
func readsByWriting(d chat.Draft) bool { return d.ParentID == "" && d.System == nil && !d.Absent }

// AppendUsual writes a message where nothing but the membership has to be looked up to know that it may be written.
func (s *ChatStore) AppendUsual(ctx context.Context, d chat.Draft) (a chat.Appended, err error) {
	args := plainArgs(d, bodyHash(d))
	err = s.db.do(ctx, "append message", func(ctx context.Context) error {
		a = chat.Appended{Message: messageOf(d)}
		conn, err := s.db.warm.acquire(ctx)
		if err != nil {
			return err
		}
		defer s.db.warm.release(conn)
		err = scanAppended(conn.QueryRow(ctx, insertUsual, args...), &a)
		if noRows(err) || sqlCode(err) == uniqueViolation {
			return chat.ErrNotUsual
		}
		return err
	})
	return a, err
}

// scanAppended reads a row of numberedMessage.
func scanAppended(row pgx.Row, a *chat.Appended) error {
	m := &a.Message
	err := row.Scan(&m.Seq, &a.EventSeq, &m.CreatedAt, &m.Sender.Name, &m.Sender.AvatarURL)
	m.UpdatedAt = m.CreatedAt
	return err
}

// Append writes a message and its change and numbers both; a second one with the same sender and ClientID writes nothing
// and returns what the first one wrote.
func (s *ChatStore) Append(ctx context.Context, d chat.Draft) (a chat.Appended, err error) {
	hash := bodyHash(d)
	if d.Mentions == nil {
		d.Mentions = []string{}
	}
	sql, args := insertOf(d, hash)
	err = s.db.do(ctx, "append message", func(ctx context.Context) error {
		a = chat.Appended{Message: messageOf(d)}
		failed := scanAppended(s.db.pool.QueryRow(ctx, sql, args...), &a)
		switch {
		case failed == nil:
			return nil
		case sqlCode(failed) == foreignKeyViolation:
			return chat.ErrNoUser // the sender; the channel was there to be numbered
		case !noRows(failed) && sqlCode(failed) != uniqueViolation:
			return failed
		}
		a, err = s.appended(ctx, d, hash)
		if noRows(err) && noRows(failed) {
			return noPlace(d)
		} else if noRows(err) {
			return failed
		}
		a.Duplicate = a.Message.ID != d.ID // else it is this very send, whose answer was lost on the way
		return err
	})
	return a, err
}

// Earlier returns what an Append with the same sender and ClientID wrote.
func (s *ChatStore) Earlier(ctx context.Context, d chat.Draft) (a chat.Appended, err error) {
	err = s.db.do(ctx, "find send", func(ctx context.Context) error {
		a, err = s.appended(ctx, d, bodyHash(d))
		if noRows(err) {
			return chat.ErrNoMessage
		}
		a.Duplicate = true
		return err
	})
	return a, err
}

// appended returns what an earlier send with this sender and ClientID wrote.
func (s *ChatStore) appended(ctx context.Context, d chat.Draft, hash []byte) (chat.Appended, error) {
	var (
		channelID string
		earlier   []byte
		a         = chat.Appended{Message: messageOf(d)}
		m         = &a.Message
	)
	err := s.db.pool.QueryRow(ctx, `SELECT d.message_id, d.channel_id, d.seq, d.event_seq, d.body_hash, d.created_at, u.name, u.avatar_url
		FROM message_dedup d JOIN users u ON u.id = d.sender_id WHERE d.sender_id = $1 AND d.client_id = $2`, d.Sender.ID, d.ClientID).
		Scan(&m.ID, &channelID, &m.Seq, &a.EventSeq, &earlier, &m.CreatedAt, &m.Sender.Name, &m.Sender.AvatarURL)
	if err != nil {
		return chat.Appended{}, err
	}
	if channelID != d.ChannelID || string(earlier) != string(hash) {
		return chat.Appended{}, chat.ErrReusedClientID
	}
	m.UpdatedAt = m.CreatedAt
	return a, nil
}

// noPlace is why a message that was not sent before could not be numbered.
func noPlace(d chat.Draft) error {
	if d.ParentID != "" {
		return chat.ErrNoMessage
	}
	return chat.ErrNoChannel
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// bodyHash tells one message from another. It is of what its sender said, so that it is the same whatever is filtered when.
func bodyHash(d chat.Draft) []byte {
	said := d.Said
	if said == "" {
		said = d.Body
	}
	text := string(d.Type) + "\x00" + said
	if d.ParentID != "" {
		text += "\x00" + d.ParentID
	}
	if d.QuoteID != "" {
		text += "\x00quote\x00" + d.QuoteID
	}
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

func messageOf(d chat.Draft) chat.Message {
	m := emptyMessage()
	m.ID, m.ChannelID, m.ClientID = d.ID, d.ChannelID, d.ClientID
	m.Sender.ID, m.SenderModel = d.Sender.ID, d.SenderModel
	m.Body, m.Type, m.ParentID = d.Body, d.Type, d.ParentID
	m.Mentions, m.MentionsChannel = append(m.Mentions, d.Mentions...), d.MentionsChannel
	m.Quote, m.System = d.Quote, d.System
	return m
}
