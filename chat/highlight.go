package chat

import (
	"html"
	"strings"
	"unicode/utf8"
)

// Marks around what was found, of the private use area: the folded text holds none of them.
const (
	MarkStart = '\ue000'
	MarkEnd   = '\ue001'
)

const (
	excerptBefore = 80 // characters of a message that are shown before the first match
	excerptLength = 300
)

// span is a run of characters of a message, by their numbers.
type span struct{ from, to int }

// highlight gives the part of a message around what was found in it, as HTML: everything is escaped, and only then are
// matches put between <mark> and </mark>. Marked are copies of the folded message with marks in them.
func highlight(body string, marked ...string) string {
	runes := []rune(body)
	hit := make([]bool, len(runes))
	first := -1
	for _, text := range marked {
		for _, s := range spans(runes, text) {
			for i := s.from; i < s.to; i++ {
				hit[i] = true
			}
			if first < 0 || s.from < first {
				first = s.from
			}
		}
	}
	from := max(0, first-excerptBefore)
	to := min(len(runes), from+excerptLength)
	var b strings.Builder
	if from > 0 {
		b.WriteString("…")
	}
	for i := from; i < to; {
		j := i
		for j < to && hit[j] == hit[i] {
			j++
		}
		text := html.EscapeString(string(runes[i:j]))
		if hit[i] {
			text = "<mark>" + text + "</mark>"
		}
		b.WriteString(text)
		i = j
	}
	if to < len(runes) {
		b.WriteString("…")
	}
	return b.String()
}

// spans finds the marks' places in the original, character by character; none when the marked text is another one.
func spans(original []rune, marked string) (found []span) {
	rest := marked
	open := -1
	for i, r := range original {
		var b strings.Builder
		foldRune(&b, r)
		for _, want := range b.String() {
			for {
				got, size := utf8.DecodeRuneInString(rest)
				if size == 0 {
					return nil
				}
				rest = rest[size:]
				if got == MarkStart && open < 0 {
					open = i
				} else if got == MarkEnd && open >= 0 {
					found, open = append(found, span{open, i}), -1
				} else if got == want {
					break
				} else {
					return nil
				}
			}
		}
	}
	if open >= 0 {
		found = append(found, span{open, len(original)})
	}
	return found
}

// markWords marks the given words of a folded text, wherever they stand: what was found as a part of a word.
func markWords(folded string, words []string) string {
	for _, w := range words {
		if w != "" {
			folded = strings.ReplaceAll(folded, w, string(MarkStart)+w+string(MarkEnd))
		}
	}
	return folded
}
