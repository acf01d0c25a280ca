package chat

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/fault"
)

const (
	maxMentions       = 20
	channelMentionGap = 5 * time.Minute // between two @channel of one member in one channel
	confirmFrom       = 6               // members, from which on @channel needs to be confirmed
	mentionPreview    = 100             // characters
)

// Refusals of mentions.
var (
	ErrConfirmMention = fault.New(fault.Conflict, "confirm_channel_mention", "This notifies everyone in the channel. Send it again with confirmChannelMention to do so.")
	ErrTooManyNames   = fault.Newf(fault.TooLarge, "too_many_mentions", "A message mentions at most %d people.", maxMentions).With("limit", maxMentions)
)

// everyone matches @channel, @here and @everyone as words of their own.
var everyone = regexp.MustCompile(`(?i)(^|[^\pL\pN_@./])@(channel|here|everyone)($|[^\pL\pN_@])`)

func namesEveryone(text string) bool {
	return strings.Contains(text, "@") && everyone.MatchString(text)
}

type mentionRequest struct {
	body      string
	userIDs   []string
	clientID  string // of a send
	confirmed bool
	before    bool // it named the whole channel before this edit
}

// mentioned is whom a message names, once checked.
type mentioned struct {
	userIDs []string
	people  []Person
	channel bool
}

// named checks whom a message names: those of the given users who are in the channel and whose names stand in the text
// after an @, and the whole channel when the text says so and its writer may. What a client claims is not enough.
func (s *Service) named(ctx context.Context, who auth.Identity, ch Channel, member *Member, r mentionRequest) (mentioned, error) {
	m := mentioned{userIDs: []string{}, people: []Person{}}
	if ch.Type != DM && namesEveryone(r.body) {
		if err := s.mayNotify(ctx, who, ch, member, r); err != nil {
			return m, err
		}
		m.channel = true
	}
	ids := slices.Compact(slices.Sorted(slices.Values(r.userIDs)))
	if len(ids) > maxMentions {
		return m, ErrTooManyNames
	}
	ids = PossibleUsers(ids)
	if len(ids) == 0 || !strings.Contains(r.body, "@") {
		return m, nil
	}
	people, err := s.store.MembersAmong(ctx, ch.ID, ids)
	if err != nil {
		return m, err
	}
	text := spelling(r.body)
	for _, p := range people {
		if strings.Contains(text, "@"+spelling(p.Name)) {
			m.people = append(m.people, p)
			m.userIDs = append(m.userIDs, p.ID)
		}
	}
	return m, nil
}

// spelling is a text as names in it are compared: small, and each letter with its accents as one character, since keyboards
// and directories differ in that.
func spelling(s string) string { return strings.ToLower(norm.NFC.String(s)) }

// PossibleUsers leaves those out that are no ids of anybody.
func PossibleUsers(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" || len(id) > 64 || !storable(id) })
}

// mayNotify decides on @channel: permission, confirmation in all but the smallest channels, and not too often.
func (s *Service) mayNotify(ctx context.Context, who auth.Identity, ch Channel, member *Member, r mentionRequest) error {
	if r.before {
		return nil
	}
	if err := Can(s.actor(who, member), Notify, ch); err != nil {
		return fault.New(fault.Forbidden, "channel_mention_not_allowed", "Only the channel's owner and admins can notify everyone here.")
	}
	if ch.ParticipantCount >= confirmFrom && !r.confirmed {
		return ErrConfirmMention.With("members", ch.ParticipantCount)
	}
	if wait := s.callEveryone(ctx, calledKey{who.UserID, ch.ID}, r.clientID); wait > 0 {
		return fault.New(fault.RateLimited, "rate_limited", "You notified everyone here a moment ago.").After(wait)
	}
	return nil
}

// tellMentioned tells people on all their devices that they were named. What they read of it counts from the store.
func (s *Service) tellMentioned(ctx context.Context, m Message, userIDs []string) {
	for _, userID := range s.withoutBlockers(ctx, m.Sender.ID, userIDs) {
		if userID == m.Sender.ID {
			continue
		}
		s.publish(ctx, bus.User(userID), EventMention, Mention{
			MessageID: m.ID, ChannelID: m.ChannelID, Seq: m.Seq, SenderID: m.Sender.ID, Message: firstRunes(m.Body, mentionPreview),
		})
	}
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}
