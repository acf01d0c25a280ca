package words

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Result says what was found in a text.
type Result struct {
	Action Action // the strictest of what was found; empty for nothing
	Text   string // with the words to mask as asterisks
	Steps  int    // of the automaton
}

// Check looks for all words at once.
func (f *Filter) Check(text string) Result {
	result := Result{Text: text}
	if len(f.nodes) == 1 {
		return result
	}
	var masks []span
	for _, letters := range readings(normalise(text)) {
		for _, spelling := range spellings(letters) {
			masks = f.read(spelling, &result, masks)
		}
	}
	if len(masks) > 0 {
		result.Text = masked(text, masks)
	}
	return result
}

// read looks for the words in letters, and adds what of the text they are to masks, which are in order.
func (f *Filter) read(letters []letter, result *Result, masks []span) []span {
	at, inWord := int32(0), false
	read := func(r rune, last int) {
		at = f.move(at, r, &result.Steps)
		n := &f.nodes[at]
		if n.action == "" {
			return
		}
		result.Action = stricter(result.Action, n.action)
		if n.mask > 0 {
			masks = merged(masks, span{int(letters[last+1-n.mask].from), int(letters[last].to)})
		}
	}
	for i, l := range letters {
		if wordLetter(l.r) != inWord {
			inWord = !inWord
			read(boundary, i-1)
		}
		read(l.r, i)
	}
	if inWord {
		read(boundary, len(letters)-1)
	}
	return masks
}

// move goes on by one letter. Moves along fails are paid for by the moves before that went deeper.
func (f *Filter) move(at int32, r rune, steps *int) int32 {
	for {
		*steps++
		if to, ok := f.step(at, r); ok {
			return to
		}
		if at == 0 {
			return 0
		}
		at = f.nodes[at].fail
	}
}

// wordLetter tells whether a character goes on a word that it stands beside.
func wordLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// span is the bytes [from, to) of a text.
type span struct{ from, to int }

// merged adds a span to spans in order, and swallows those that it covers or touches.
func merged(spans []span, s span) []span {
	from, to := len(spans), len(spans)
	for from > 0 && spans[from-1].to >= s.from {
		from--
		if spans[from].from > s.to {
			to = from
			continue
		}
		s.from, s.to = min(s.from, spans[from].from), max(s.to, spans[from].to)
	}
	return slices.Replace(spans, from, to, s)
}

func masked(text string, spans []span) string {
	var b strings.Builder
	b.Grow(len(text))
	end := 0
	for _, s := range spans {
		b.WriteString(text[end:s.from])
		b.WriteString(strings.Repeat("*", utf8.RuneCountInString(text[s.from:s.to])))
		end = s.to
	}
	b.WriteString(text[end:])
	return b.String()
}
