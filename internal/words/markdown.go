package words

import (
	"strconv"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// readings are the letters as they were written, and as they are seen once Markdown has taken its signs away: without escapes
// and links, and then without emphasis too; all of it with and without the numbers of characters, which not everybody shows as
// characters. All are looked through: a sign may be meant.
func readings(letters []letter) (all [][]letter) {
	for _, plain := range [][]letter{letters, withoutReferences(letters)} {
		if plain == nil {
			continue
		}
		all = append(all, plain)
		for _, without := range []func([]letter) []letter{withoutLinks, withoutEmphasis} {
			if bare := without(all[len(all)-1]); bare != nil {
				all = append(all, bare)
			}
		}
	}
	return all
}

// withoutReferences puts characters where their numbers stand, as in "b&#97;d"; nil when there are none.
func withoutReferences(letters []letter) (bare []letter) {
	done := 0
	for i := 0; i < len(letters); i++ {
		r, size := reference(letters[i:])
		if size == 0 {
			continue
		}
		if bare == nil {
			bare = make([]letter, 0, len(letters))
		}
		bare = append(bare, letters[done:i]...)
		from, to := letters[i].from, letters[i+size-1].to
		for _, r := range norm.NFKC.String(string(r)) {
			if r = small(r); r > ' ' || r == ' ' && (len(bare) == 0 || bare[len(bare)-1].r != ' ') {
				bare = append(bare, letter{r, from, to})
			}
		}
		done = i + size
		i = done - 1
	}
	if bare != nil {
		bare = append(bare, letters[done:]...)
	}
	return bare
}

// maxReference is how many letters the number of a character has, with what stands around it: "&#x10ffff;".
const maxReference = 10

// reference reads a character that the letters begin with the number of; its size is 0 when they do not.
func reference(letters []letter) (r rune, size int) {
	if len(letters) < 4 || letters[0].r != '&' || letters[1].r != '#' {
		return 0, 0
	}
	var digits []byte
	for i, l := range letters[2:min(len(letters), maxReference)] {
		if l.r != ';' {
			digits = append(digits, byte(min(max(0, l.r), unicode.MaxASCII)))
			continue
		}
		base := 10
		if len(digits) > 0 && digits[0] == 'x' {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(string(digits), base, 31)
		if err != nil {
			return 0, 0
		}
		return rune(n), 2 + i + 1
	}
	return 0, 0
}

// withoutLinks gives the letters without the backslashes before signs and without what is not seen of links, as in
// "b\_d" or "ba[d](https://example.com)"; nil when there are none. It takes for links some that are none.
func withoutLinks(letters []letter) (bare []letter) {
	l := linkReader{letters: letters}
	for i := 0; i < len(letters); i++ {
		switch letters[i].r {
		case '\\':
			if escapes(letters, i) {
				l.drop(i, i+1, dropped)
				i++
			}
		case '[':
			l.open = append(l.open, i)
		case ']':
			i = l.closed(i)
		}
	}
	if l.fates == nil {
		return nil
	}
	for i, each := range letters {
		switch last := len(bare) - 1; {
		case l.fates[i] == kept:
			bare = append(bare, each)
		case l.fates[i] == covered && last >= 0:
			bare[last].to = each.to
		}
	}
	return bare
}

// fate is what becomes of a letter.
type fate uint8

const (
	kept    fate = iota
	dropped      // it is not seen
	covered      // it is not seen, and masked with the word that it stands in
)

// linkReader finds what is not seen of links.
type linkReader struct {
	letters []letter
	fates   []fate // nil while all are kept
	open    []int  // the brackets that were not closed yet
	ends    *linkEnds
}

// closed reads the bracket at i, which may end the words of a link, and returns where that ends.
func (l *linkReader) closed(i int) int {
	last := len(l.open) - 1
	if last < 0 {
		return i
	}
	from := l.open[last]
	l.open = l.open[:last]
	if i+1 == len(l.letters) || l.letters[i+1].r != '(' {
		return i
	}
	if l.ends == nil {
		l.ends = findLinkEnds(l.letters)
	}
	end := l.ends.of(i + 2)
	if end < 0 {
		return i
	}
	first := from
	if from > 0 && l.letters[from-1].r == '!' { // a picture
		first--
	}
	as := dropped
	if isLetter(l.letters, first-1) || isLetter(l.letters, end+1) {
		as = covered
	}
	l.drop(first, from+1, as)
	l.drop(i, end+1, as)
	return end
}

func (l *linkReader) drop(from, to int, as fate) {
	if l.fates == nil {
		l.fates = make([]fate, len(l.letters))
	}
	for i := from; i < to; i++ {
		l.fates[i] = as
	}
}

// escapes tells whether the backslash at i is not seen: before a sign, or the end of a line.
func escapes(letters []letter, i int) bool {
	if i+1 == len(letters) {
		return false
	}
	r := letters[i+1].r
	return r == ' ' || r <= unicode.MaxASCII && (unicode.IsPunct(r) || unicode.IsSymbol(r))
}

// withoutEmphasis gives the letters without the signs of Markdown beside them, which are not seen, as in "b**a**d" or "go
// **away**"; nil when there are none.
func withoutEmphasis(letters []letter) (bare []letter) {
	for i := 0; i < len(letters); {
		end, low := i, true
		for end < len(letters) && emphasis(letters[end].r) {
			low = low && letters[end].r == '_'
			end++
		}
		before, after := isLetter(letters, i-1), isLetter(letters, end)
		if end == i || !before && !after || low && before && after { // an underscore within a word is one
			end = max(end, i+1)
			if bare != nil {
				bare = append(bare, letters[i:end]...)
			}
			i = end
			continue
		}
		if bare == nil {
			bare = append(make([]letter, 0, len(letters)), letters[:i]...)
		}
		if before && after { // within a word, with which they are masked
			bare[len(bare)-1].to = letters[end-1].to
		}
		i = end
	}
	return bare
}

func emphasis(r rune) bool { return r == '*' || r == '~' || r == '`' || r == '_' }

// isLetter tells whether there is a letter at i, or what may be meant as one.
func isLetter(letters []letter, i int) bool {
	if i < 0 || i >= len(letters) {
		return false
	}
	r := letters[i].r
	return r < 'a' && insteadOf[max(0, r)] != 0 || unicode.IsLetter(r)
}
