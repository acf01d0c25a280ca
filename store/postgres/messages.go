package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/digierapro/parley/chat"
)

// insertMessage numbers and writes a message in one statement and so in one transaction and one round trip. The channel's row
// is locked from its update to the commit, which makes the order of commits that of the numbers. A send that was here
// before writes nothing; one that is under way at the same time meets message_dedup's primary key and undoes all of it,
// the numbers too.
const insertMessage = `
WITH numbered AS (
	UPDATE channels SET last_seq = last_seq + 1, last_event_seq = last_event_seq + 1,
		last_message_at = date_trunc('milliseconds', clock_timestamp())
	WHERE id = $2 AND NOT EXISTS (SELECT FROM message_dedup WHERE sender_id = $3 AND client_id = $5)
	RETURNING id, last_seq AS seq, last_event_seq AS event_seq, last_message_at AS created_at
), dedup AS (
	INSERT INTO message_dedup (sender_id, client_id, channel_id, seq, event_seq, message_id, body_hash, created_at)
	SELECT $3, $5, id, seq, event_seq, $1, $8, created_at FROM numbered
), message AS (
	INSERT INTO messages (id, channel_id, seq, sender_id, sender_model, client_id, body, message_type, created_at)
	SELECT $1, id, seq, $3, $4, $5, $6, $7, created_at FROM numbered
), change AS (
	INSERT INTO channel_events (channel_id, event_seq, kind, message_id, created_at)
	SELECT id, event_seq, '` + newMessage + `', $1, created_at FROM numbered
)
SELECT n.seq, n.event_seq, n.created_at, u.name, u.avatar_url FROM numbered n JOIN users u ON u.id = $3`

// Append writes a message and its change and numbers both; a second one with the same sender and ClientID writes nothing
// and returns what the first one wrote.
func (s *ChatStore) Append(ctx context.Context, d chat.Draft) (m chat.Message, eventSeq int64, duplicate bool, err error) {
	hash := bodyHash(d)
	err = s.db.do(ctx, "append message", func(ctx context.Context) error {
		m = messageOf(d)
		failed := s.db.pool.QueryRow(ctx, insertMessage, d.ID, d.ChannelID, d.Sender.ID, d.SenderModel, d.ClientID, d.Body, d.Type, hash).
			Scan(&m.Seq, &eventSeq, &m.CreatedAt, &m.Sender.Name, &m.Sender.AvatarURL)
		switch {
		case failed == nil:
			m.UpdatedAt, duplicate = m.CreatedAt, false
			return nil
		case sqlCode(failed) == foreignKeyViolation:
			return chat.ErrNoUser // the sender; the channel was there to be numbered
		case !noRows(failed) && sqlCode(failed) != uniqueViolation:
			return failed
		}
		m, eventSeq, err = s.appended(ctx, d, hash)
		if noRows(err) && noRows(failed) {
			return chat.ErrNoChannel
		} else if noRows(err) {
			return failed
		}
		duplicate = m.ID != d.ID // else it is this very send, whose answer was lost on the way
		return err
	})
	return m, eventSeq, duplicate, err
}

// appended returns what an earlier send with this sender and ClientID wrote.
func (s *ChatStore) appended(ctx context.Context, d chat.Draft, hash []byte) (m chat.Message, eventSeq int64, err error) {
	var (
		channelID string
		earlier   []byte
		m0        = messageOf(d)
	)
	err = s.db.pool.QueryRow(ctx, `SELECT d.message_id, d.channel_id, d.seq, d.event_seq, d.body_hash, d.created_at, u.name, u.avatar_url
		FROM message_dedup d JOIN users u ON u.id = d.sender_id WHERE d.sender_id = $1 AND d.client_id = $2`, d.Sender.ID, d.ClientID).
		Scan(&m0.ID, &channelID, &m0.Seq, &eventSeq, &earlier, &m0.CreatedAt, &m0.Sender.Name, &m0.Sender.AvatarURL)
	if err != nil {
		return chat.Message{}, 0, err
	}
	if channelID != d.ChannelID || string(earlier) != string(hash) {
		return chat.Message{}, 0, chat.ErrReusedClientID
	}
	m0.UpdatedAt = m0.CreatedAt
	return m0, eventSeq, nil
}

func bodyHash(d chat.Draft) []byte {
	sum := sha256.Sum256([]byte(string(d.Type) + "\x00" + d.Body))
	return sum[:]
}

func messageOf(d chat.Draft) chat.Message {
	m := emptyMessage()
	m.ID, m.ChannelID, m.ClientID = d.ID, d.ChannelID, d.ClientID
	m.Sender.ID, m.SenderModel = d.Sender.ID, d.SenderModel
	m.Body, m.Type = d.Body, d.Type
	return m
}

// emptyMessage has lists that are empty and not null on the wire.
func emptyMessage() chat.Message {
	return chat.Message{Attachments: []json.RawMessage{}, Reactions: []json.RawMessage{}, Mentions: []string{}}
}

// messageColumns are those of a message m and its sender u, for messageRow.
const messageColumns = `m.id, m.channel_id, m.seq, m.client_id, m.sender_id, u.name, u.avatar_url, m.sender_model, m.body, m.message_type, m.created_at`

// messageRow reads messageColumns out of an outer join, in which all of them may be null.
type messageRow struct {
	id, channelID, clientID, senderID, name, avatar, model, body, kind *string
	seq                                                                *int64
	createdAt                                                          *time.Time
}

func (r *messageRow) fields() []any {
	return []any{&r.id, &r.channelID, &r.seq, &r.clientID, &r.senderID, &r.name, &r.avatar, &r.model, &r.body, &r.kind, &r.createdAt}
}

// message gives the message; false when there was none to join.
func (r *messageRow) message() (chat.Message, bool) {
	if r.id == nil || r.name == nil {
		return chat.Message{}, false
	}
	m := emptyMessage()
	m.ID, m.ChannelID, m.Seq, m.ClientID = *r.id, *r.channelID, *r.seq, *r.clientID
	m.Sender = chat.Person{ID: *r.senderID, Name: *r.name, AvatarURL: *r.avatar}
	m.SenderModel, m.Body, m.Type = *r.model, *r.body, chat.MessageType(*r.kind)
	m.CreatedAt, m.UpdatedAt = *r.createdAt, *r.createdAt
	return m, true
}
