package chat

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

// Outgoing is a message as its sender hands it in.
type Outgoing struct {
	ChannelID string      `json:"channelId"`
	Body      string      `json:"message"`
	Type      MessageType `json:"messageType"`
	// ClientID is the sender's own name for this send, for example a UUID: sent again with the same one, the message is
	// written once and the answer is the same. Without it a retry would double the message, so Send makes one up only
	// for callers that do not retry.
	ClientID string `json:"clientId"`
}

// Receipt says where a message went.
type Receipt struct {
	MessageID string    `json:"messageId"`
	ChannelID string    `json:"channelId"`
	ClientID  string    `json:"clientId"`
	Seq       int64     `json:"seq"`
	EventSeq  int64     `json:"eventSeq"`
	CreatedAt time.Time `json:"createdAt"`
	Duplicate bool      `json:"duplicate"` // it had been written before
}

// Send writes a message and tells the channel. When it returns without error the message is in the store.
func (s *Service) Send(ctx context.Context, who auth.Identity, out Outgoing) (Receipt, error) {
	out, err := out.checked()
	if err != nil {
		return Receipt{}, err
	}
	if _, err := s.access(ctx, who, Write, out.ChannelID); err != nil {
		return Receipt{}, err
	}
	m, eventSeq, duplicate, err := s.store.Append(ctx, Draft{
		ID: id.New(), ChannelID: out.ChannelID, ClientID: out.ClientID, Body: out.Body, Type: out.Type,
		Sender:      Person{ID: who.UserID, Name: who.Name, AvatarURL: who.AvatarURL},
		SenderModel: senderModel(who),
	})
	key := sendKey{who.UserID, out.ClientID}
	if err != nil {
		if fault.KindOf(err) == fault.Unavailable {
			s.untold.note(key)
		}
		return Receipt{}, err
	}
	if s.untold.take(key) || !duplicate {
		s.publish(ctx, bus.Channel(m.ChannelID), EventNewMessage, NewMessage{ChannelID: m.ChannelID, EventSeq: eventSeq, Message: m})
	}
	return Receipt{
		MessageID: m.ID, ChannelID: m.ChannelID, ClientID: m.ClientID, Seq: m.Seq, EventSeq: eventSeq,
		CreatedAt: m.CreatedAt, Duplicate: duplicate,
	}, nil
}

func senderModel(who auth.Identity) string {
	if who.Role == auth.RoleClient {
		return "Client"
	}
	return "User"
}

// maxClientID is the longest clientId.
const maxClientID = 64

func (out Outgoing) checked() (Outgoing, error) {
	bad := func(field, sentence string) error {
		return fault.New(fault.Invalid, "bad_request", sentence).With("field", field)
	}
	if !id.Valid(out.ChannelID) {
		return out, ErrNoChannel
	}
	if out.Type == "" {
		out.Type = Text
	}
	if out.Type != Text {
		return out, bad("messageType", "Only messages of the type text can be sent.")
	}
	if !storable(out.Body) {
		return out, bad("message", "A message is UTF-8 text without NUL characters.")
	}
	out.Body = strings.TrimSpace(out.Body)
	switch n := utf8.RuneCountInString(out.Body); {
	case n == 0:
		return out, bad("message", "A message needs some text.")
	case n > MaxMessageLength:
		return out, fault.Newf(fault.TooLarge, "message_too_long", "A message is at most %d characters; this one has %d.", MaxMessageLength, n).
			With("field", "message").With("limit", MaxMessageLength)
	}
	if out.ClientID == "" {
		out.ClientID = id.New()
	}
	if len(out.ClientID) > maxClientID || !printable(out.ClientID) {
		return out, bad("clientId", "A clientId is 1 to 64 printable ASCII characters, for example a UUID.")
	}
	return out, nil
}

// storable tells whether the store can hold a text. One that it cannot hold is found nowhere either.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
