package chat

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/words"
)

// WordList is words and what becomes of a message that has one of them, in channels of some types.
type WordList struct {
	ChannelTypes []ChannelType `json:"channelTypes"`
	Action       words.Action  `json:"action"` // block, mask or flag
	Words        []string      `json:"words"`  // or several with spaces between; one that ends with * is found at the beginning of longer ones
}

// WordLists are all of them.
type WordLists struct {
	Lists    []WordList `json:"lists"`
	Revision int64      `json:"revision"` // counts the changes
}

const maxWordLists = 20

// ErrWordsBlocked is the answer to a text with a word that is not allowed there.
var ErrWordsBlocked = fault.New(fault.Invalid, "words_blocked", "This has words that are not allowed here.")

// wordFilters are the compiled lists.
type wordFilters struct {
	mu       sync.Mutex
	asked    time.Time                     // when the store was asked last; guarded by mu
	revision int64                         // guarded by mu
	byType   map[ChannelType]*words.Filter // guarded by mu, and replaced as a whole; nil before they were read
}

// wordsEvery is how soon a change of the lists holds on other nodes.
const wordsEvery = 5 * time.Second

// filters returns the filters by type of channel. While the store does not answer, the last ones hold.
func (s *Service) filters(ctx context.Context) (map[ChannelType]*words.Filter, error) {
	f := &s.words
	filters, fresh := f.present(s.now())
	if fresh {
		return filters, nil
	}
	lists, err := s.store.Words(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.set(lists)
	} else if f.byType == nil {
		return nil, err
	}
	return f.byType, nil
}

// present gives the filters that there are; without fresh it is for the caller to ask for the lists, who is one at a time.
func (f *wordFilters) present(now time.Time) (filters map[ChannelType]*words.Filter, fresh bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byType == nil {
		return nil, false
	}
	if fresh = now.Sub(f.asked) < wordsEvery; !fresh {
		f.asked = now
	}
	return f.byType, fresh
}

// set compiles lists unless they are there already; mu is held.
func (f *wordFilters) set(lists WordLists) {
	if f.byType != nil && lists.Revision <= f.revision {
		return
	}
	entries := make(map[ChannelType][]words.Entry)
	for _, list := range lists.Lists {
		for _, t := range list.ChannelTypes {
			for _, w := range list.Words {
				entries[t] = append(entries[t], words.Entry{Word: w, Action: list.Action})
			}
		}
	}
	f.revision, f.byType = lists.Revision, make(map[ChannelType]*words.Filter)
	for t, list := range entries {
		f.byType[t] = words.New(list)
	}
}

// filtered is a text as it may be written in a channel of a type; flagged when it is to be shown to those who moderate.
func (s *Service) filtered(ctx context.Context, t ChannelType, text string) (allowed string, flagged bool, err error) {
	filters, err := s.filters(ctx)
	filter := filters[t]
	if err != nil || filter == nil || text == "" {
		return text, false, err
	}
	found := filter.Check(text)
	if found.Action == words.Block {
		return "", false, ErrWordsBlocked
	}
	return found.Text, found.Action == words.Flag, nil
}

// filteredNames filters what a channel is called, and what pages are that are linked to there.
func (s *Service) filteredNames(ctx context.Context, t ChannelType, texts ...*string) (err error) {
	for _, text := range texts {
		if text == nil {
			continue
		}
		if *text, _, err = s.filtered(ctx, t, *text); err != nil {
			return err
		}
	}
	return nil
}

// Words returns the lists, for the company's admins.
func (s *Service) Words(ctx context.Context, who auth.Identity) (WordLists, error) {
	if !companyAdmin(who) {
		return WordLists{}, ErrAdminOnly
	}
	return s.store.Words(ctx)
}

// SetWords replaces the lists, as an admin of the company. What was written before stays.
func (s *Service) SetWords(ctx context.Context, who auth.Identity, lists []WordList) (WordLists, error) {
	if !companyAdmin(who) {
		return WordLists{}, ErrAdminOnly
	}
	if len(lists) > maxWordLists {
		return WordLists{}, fault.Newf(fault.Invalid, "bad_request", "There are at most %d lists.", maxWordLists).With("field", "lists")
	}
	all := 0
	for i := range lists {
		if err := lists[i].check(); err != nil {
			return WordLists{}, err
		}
		if all += len(lists[i].Words); all > words.MaxWords {
			return WordLists{}, fault.Newf(fault.TooLarge, "too_many_words", "All lists together have at most %d words.", words.MaxWords).With("limit", words.MaxWords)
		}
	}
	saved, err := s.store.SetWords(ctx, append([]WordList{}, lists...), AuditEntry{
		ActorID: who.UserID, Action: AuditWordsSet, Details: map[string]any{"lists": len(lists), "words": all},
	})
	if err != nil {
		return WordLists{}, err
	}
	s.words.mu.Lock()
	defer s.words.mu.Unlock()
	s.words.set(saved)
	return saved, nil
}

// check puts a list in its form.
func (l *WordList) check() error {
	bad := func(field, sentence string) error {
		return fault.New(fault.Invalid, "bad_request", sentence).With("field", field)
	}
	if !l.Action.Valid() {
		return bad("action", "action is block, mask or flag.")
	}
	if len(l.ChannelTypes) == 0 {
		return bad("channelTypes", "A list is for some types of channels.")
	}
	for _, t := range l.ChannelTypes {
		if !slices.Contains([]ChannelType{DM, General, Project, Department}, t) {
			return bad("channelTypes", "channelTypes are dm, general, project and department.")
		}
	}
	for i, w := range l.Words {
		w = strings.Join(strings.Fields(w), " ")
		if n := utf8.RuneCountInString(w); n == 0 || n > words.MaxWord || w == "*" || !storable(w) {
			return bad("words", "A word is 1 to 50 characters.")
		}
		l.Words[i] = w
	}
	if l.Words == nil {
		l.Words = []string{}
	}
	return nil
}
