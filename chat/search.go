package chat

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/id"
)

const (
	searchPage     = 20
	maxSearchText  = 500
	maxSearchWords = 64
	minPrefix      = 3                   // letters of a word's beginning
	partsWindow    = 90 * 24 * time.Hour // in which parts of words are searched, unless a time is given
)

// ErrSearchTooSlow is a search that was given up.
var ErrSearchTooSlow = fault.New(fault.Unavailable, "search_too_slow", "This search takes too long. Narrow it, by a channel or a time.")

// SearchRequest is a search as a client words it.
type SearchRequest struct {
	Text      string `json:"q"`
	ChannelID string `json:"channelId"`
	SenderID  string `json:"senderId"`
	ParentID  string `json:"parentMessageId"`
	FileType  string `json:"fileType"`
	HasFile   bool   `json:"hasFile"`
	HasLink   bool   `json:"hasLink"`
	Pinned    bool   `json:"isPinned"`
	InThread  bool   `json:"inThread"`
	After     string `json:"after"` // a time, or a day of UTC
	Before    string `json:"before"`
	On        string `json:"on"`
	Cursor    string `json:"cursor"` // of the page before
}

// SearchResult is one message that was found.
type SearchResult struct {
	Message   Message `json:"message"`
	Highlight string  `json:"highlight"` // HTML: escaped, with matches in <mark>
}

// SearchAnswer is a page of results, the latest first.
type SearchAnswer struct {
	Results []SearchResult `json:"results"`
	HasMore bool           `json:"hasMore"`
	Cursor  string         `json:"cursor,omitempty"` // for the next page
}

// Search finds messages in the user's channels: by words, and when none is found so, or in a script without spaces, by
// parts of words.
func (s *Service) Search(ctx context.Context, who auth.Identity, r SearchRequest) (SearchAnswer, error) {
	q, alternatives, err := s.searchQuery(ctx, who, r)
	if err != nil {
		return SearchAnswer{}, err
	}
	byParts, parts := false, slices.Concat(alternatives...)
	if r.Cursor != "" {
		if byParts, q.Before, err = parseCursor(r.Cursor); err != nil {
			return SearchAnswer{}, err
		}
	} else {
		byParts = wantsParts(parts)
	}
	if !byParts || len(parts) == 0 {
		answer, err := s.found(ctx, q, false, parts)
		if err != nil || len(answer.Results) > 0 || r.Cursor != "" || len(parts) == 0 {
			return answer, err
		}
	}
	q.Words, q.Last, q.Parts = "", "", alternatives
	if q.Filter.From.IsZero() && q.Filter.To.IsZero() {
		q.Filter.From = s.now().Add(-partsWindow)
	}
	return s.found(ctx, q, true, parts)
}

func (s *Service) found(ctx context.Context, q SearchQuery, byParts bool, parts []string) (SearchAnswer, error) {
	hits, hasMore, err := s.store.Search(ctx, q)
	if err != nil {
		return SearchAnswer{}, err
	}
	answer := SearchAnswer{Results: make([]SearchResult, 0, len(hits)), HasMore: hasMore}
	for _, h := range hits {
		if byParts {
			h.Marked = []string{markWords(Fold(h.Message.Body), parts)}
		}
		answer.Results = append(answer.Results, SearchResult{Message: h.Message, Highlight: highlight(h.Message.Body, h.Marked...)})
	}
	if hasMore && len(hits) > 0 {
		last := hits[len(hits)-1].Message
		answer.Cursor = cursorOf(byParts, SearchPlace{At: last.CreatedAt, MessageID: last.ID})
	}
	return answer, nil
}

// searchQuery checks a request. parts are the words that a message may also hold within others, as of SearchQuery.
func (s *Service) searchQuery(ctx context.Context, who auth.Identity, r SearchRequest) (q SearchQuery, parts [][]string, err error) {
	bad := func(field, sentence string) error {
		return fault.New(fault.Invalid, "bad_request", sentence).With("field", field)
	}
	if !utf8.ValidString(r.Text) || utf8.RuneCountInString(r.Text) > maxSearchText {
		return q, nil, fault.Newf(fault.Invalid, "bad_request", "A search is UTF-8 text of at most %d characters.", maxSearchText).With("field", "q")
	}
	for field, text := range map[string]string{"senderId": r.SenderID, "fileType": r.FileType} {
		if len(text) > 100 || !storable(text) {
			return q, nil, bad(field, "This filter is too long.")
		}
	}
	q = SearchQuery{UserID: who.UserID, Internal: who.Internal, Words: foldQuery(r.Text), Limit: searchPage, Filter: SearchFilter{
		ChannelID: r.ChannelID, SenderID: r.SenderID, ParentID: r.ParentID, FileType: strings.ToLower(r.FileType),
		HasFile: r.HasFile, HasLink: r.HasLink, Pinned: r.Pinned, InThread: r.InThread,
	}}
	if q.Filter.From, q.Filter.To, err = searchTimes(r); err != nil {
		return q, nil, err
	}
	if r.ChannelID != "" {
		if _, err := s.access(ctx, who, Read, r.ChannelID); err != nil {
			return q, nil, err
		}
	}
	if r.ParentID != "" && !id.Valid(r.ParentID) {
		return q, nil, ErrNoMessage
	}
	words := strings.Fields(q.Words)
	wanted, without := exclusions(words)
	q.Words, q.Without = wanted, strings.Join(without, " or ")
	if len(words) > maxSearchWords {
		return q, nil, fault.Newf(fault.Invalid, "bad_request", "A search is at most %d words.", maxSearchWords).With("field", "q")
	}
	bare := q.Filter
	bare.From, bare.To = time.Time{}, time.Time{}
	if q.Words == "" && bare == (SearchFilter{}) {
		return q, nil, bad("q", "Say what to search for.")
	}
	q.Words, q.Last = openWord(q.Words, r.Text)
	parts, phrases := partsOf(q.Words)
	for _, w := range slices.Concat(without, phrases) {
		if strings.ContainsFunc(w, isDense) { // which no cutting at spaces has found
			q.NoParts = append(q.NoParts, w)
		}
	}
	return q, parts, nil
}

// partsOf gives the words and phrases of a search, each list what goes together and "or" between the lists, and the phrases
// that are excluded.
func partsOf(words string) (parts [][]string, without []string) {
	var together []string
	for rest := strings.TrimSpace(words); rest != ""; rest = strings.TrimSpace(rest) {
		var (
			text string
			not  bool
		)
		rest, not = strings.CutPrefix(rest, "-")
		phrase, quoted := strings.CutPrefix(rest, `"`)
		if quoted {
			text, rest, _ = strings.Cut(phrase, `"`)
		} else if end := strings.IndexAny(rest, ` "`); end >= 0 {
			text, rest = rest[:end], rest[end:]
		} else {
			text, rest = rest, ""
		}
		switch text = strings.TrimSpace(text); {
		case text == "":
		case not:
			without = append(without, text)
		case text == "or" && !quoted:
			if len(together) > 0 {
				parts, together = append(parts, together), nil
			}
		default:
			together = append(together, text)
		}
	}
	if len(together) > 0 {
		parts = append(parts, together)
	}
	return parts, without
}

// exclusions takes out the words that a message must not hold.
func exclusions(words []string) (wanted string, without []string) {
	var yes []string
	for _, w := range words {
		if bare, ok := strings.CutPrefix(w, "-"); ok && !strings.Contains(bare, `"`) {
			without = append(without, bare)
		} else {
			yes = append(yes, w)
		}
	}
	return strings.Join(yes, " "), without
}

// openWord tells which last word may be the beginning of one: one that nobody has ended by a space or a quotation mark.
func openWord(folded, typed string) (words, last string) {
	i := strings.LastIndexByte(folded, ' ') + 1
	last = folded[i:]
	if strings.HasSuffix(typed, " ") || strings.Contains(folded, `"`) || utf8.RuneCountInString(last) < minPrefix {
		return folded, ""
	}
	return folded, last
}

// wantsParts tells whether words cannot be found by cutting at spaces, or are too short to be looked up.
func wantsParts(parts []string) bool {
	for _, p := range parts {
		if strings.ContainsFunc(p, isDense) {
			return true
		}
	}
	return len(parts) > 0 && !slices.ContainsFunc(parts, func(p string) bool { return utf8.RuneCountInString(p) >= minPrefix })
}
