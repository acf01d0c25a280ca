package chat

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
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
	// ParentID makes it a reply in the thread of that message.
	ParentID string `json:"parentMessageId"`
	// Mentions are the ids of users whose names stand in the text as "@Name". Others are ignored.
	Mentions []string `json:"mentions"`
	// Confirm says that the sender knows how many people an @channel in the text notifies.
	Confirm bool `json:"confirmChannelMention"`
	// QuoteID is a message to quote, or from another channel to forward.
	QuoteID string `json:"quoteMessageId"`

	// later says that it was scheduled: its sender may look elsewhere.
	later bool
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
	messageID := id.New()
	if receipt, err := s.sendUsual(ctx, who, out, messageID); !errors.Is(err, ErrNotUsual) {
		return receipt, err
	}
	receipt, err := s.sendChecked(ctx, who, out, messageID)
	if err == nil || !refused(err) {
		return receipt, err
	}
	// What is not allowed any more, or not there, was so when it was sent before: then the answer is that of then.
	switch before, earlier := s.sentBefore(ctx, out.draft(messageID, who)); {
	case earlier == nil:
		return before, nil
	case errors.Is(earlier, ErrReusedClientID):
		return Receipt{}, earlier
	}
	return Receipt{}, err
}

func refused(err error) bool {
	kind := fault.KindOf(err)
	return kind != fault.Unavailable && kind != fault.Internal
}

// sendChecked looks at the place and at all that the message refers to, and writes it.
func (s *Service) sendChecked(ctx context.Context, who auth.Identity, out Outgoing, messageID string) (Receipt, error) {
	place := s.store.Speaker
	if namesEveryone(out.Body) {
		place = s.store.Access // for the number of members
	}
	ch, member, err := s.allowed(ctx, who, Write, out.ChannelID, place)
	if err != nil {
		return Receipt{}, err
	}
	notSent, err := s.slowed(who, ch, member)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := s.send(ctx, who, out, messageID, ch, member)
	if err != nil || receipt.Duplicate {
		notSent()
	}
	return receipt, err
}

func (s *Service) send(ctx context.Context, who auth.Identity, out Outgoing, messageID string, ch Channel, member *Member) (Receipt, error) {
	d := out.draft(messageID, who)
	body, flagged, err := s.filtered(ctx, ch.Type, out.Body)
	if err != nil {
		return Receipt{}, err
	}
	d.Body, out.Body = body, body
	named, err := s.named(ctx, who, ch, member, mentionRequest{
		body: out.Body, userIDs: out.Mentions, clientID: out.ClientID, confirmed: out.Confirm,
	})
	if err != nil {
		return Receipt{}, err
	}
	d.Mentions, d.MentionsChannel = named.userIDs, named.channel
	if d.Quote, err = s.quote(ctx, who, out, ch); err != nil {
		return Receipt{}, err
	}
	if d.Quote != nil { // it may be from where other words are allowed
		var quoted bool
		if d.Quote.Body, quoted, err = s.filtered(ctx, ch.Type, d.Quote.Body); err != nil {
			return Receipt{}, err
		}
		flagged = flagged || quoted
	}
	receipt, err := s.write(ctx, d, named.people)
	if flagged && err == nil && !receipt.Duplicate {
		s.flag(ctx, Message{ID: receipt.MessageID, ChannelID: ch.ID, Body: d.Body, Sender: d.Sender})
	}
	return receipt, err
}

// draft is the message as it goes to the store, but for what has to be looked up.
func (out Outgoing) draft(messageID string, who auth.Identity) Draft {
	return Draft{
		ID: messageID, ChannelID: out.ChannelID, ParentID: out.ParentID, QuoteID: out.QuoteID, ClientID: out.ClientID,
		Said: out.Body, Body: out.Body, Type: out.Type,
		Sender:      Person{ID: who.UserID, Name: who.Name, AvatarURL: who.AvatarURL},
		SenderModel: senderModel(who), Absent: out.later,
	}
}

// write stores a message and tells of it what was not told before.
func (s *Service) write(ctx context.Context, d Draft, mentioned []Person) (Receipt, error) {
	a, err := s.store.Append(ctx, d)
	return s.written(ctx, d, mentioned, a, err)
}

// written tells of a message that was stored, unless that was told before.
func (s *Service) written(ctx context.Context, d Draft, mentioned []Person, a Appended, err error) (Receipt, error) {
	key := sendKey{d.Sender.ID, d.ClientID}
	if err != nil {
		if fault.KindOf(err) == fault.Unavailable {
			s.untold.note(key)
		}
		return Receipt{}, err
	}
	m := a.Message
	m.Mentioned = append([]Person{}, mentioned...) // a list on the wire, also when nobody is
	if s.untold.take(key) || !a.Duplicate {
		push := NewMessage{ChannelID: m.ChannelID, EventSeq: a.EventSeq, Message: m, Thread: s.threadOf(ctx, m.ParentID)}
		s.publish(ctx, bus.Channel(m.ChannelID), EventNewMessage, push)
		s.tellMentioned(ctx, m, m.Mentions)
	}
	return a.receipt(), nil
}

// sentBefore answers a message that was sent before. Whom that told of it is not told again.
func (s *Service) sentBefore(ctx context.Context, d Draft) (Receipt, error) {
	a, err := s.store.Earlier(ctx, d)
	return a.receipt(), err
}

func (a Appended) receipt() Receipt {
	m := a.Message
	return Receipt{
		MessageID: m.ID, ChannelID: m.ChannelID, ClientID: m.ClientID, Seq: m.Seq, EventSeq: a.EventSeq,
		CreatedAt: m.CreatedAt, Duplicate: a.Duplicate,
	}
}

// maxQuote is how much of a quoted message is kept, in characters; the rest is behind its link.
const maxQuote = 1000

// quote fetches the message that is quoted or forwarded: one that the sender may read. Clients of the company are told its
// words, and not that there is the internal channel that they are from.
func (s *Service) quote(ctx context.Context, who auth.Identity, out Outgoing, to Channel) (*Quote, error) {
	if out.QuoteID == "" {
		return nil, nil
	}
	p, err := s.message(ctx, who, Read, out.QuoteID)
	if err != nil {
		return nil, err
	}
	m := p.Message
	if m.Deleted {
		return nil, ErrDeleted
	}
	q := &Quote{
		MessageID: m.ID, ChannelID: m.ChannelID, Sender: m.Sender, Body: firstRunes(m.Body, maxQuote), CreatedAt: m.CreatedAt,
		Forwarded: m.ChannelID != out.ChannelID,
	}
	if p.Channel.Internal && !to.Internal {
		q.MessageID, q.ChannelID = "", ""
	}
	return q, nil
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
	if out.ParentID != "" && !id.Valid(out.ParentID) {
		return out, ErrNoMessage
	}
	var err error
	if out.QuoteID != "" && strings.TrimSpace(out.Body) == "" {
		out.Body = "" // the quoted words stand for themselves
	} else if out.Body, err = checkedBody(out.Body); err != nil {
		return out, err
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

// visible tells whether anything of a text is seen.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		if r == 0x2800 || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) { // a Braille pattern without dots; what is never drawn
			return false
		}
		return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn)
	})
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
