package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// noMarks are letters that do not come apart into a plain one and a mark.
var noMarks = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l",
	'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d", 'þ': "th", 'Þ': "th", 'ı': "i", 'ħ': "h", 'Ħ': "h",
}

// Fold gives a text as it is searched for: small letters without accents, digits, signs that are words by themselves as
// emoji are, and a space for everything else. Done here and not in the database, it is the same in every one and needs none of its
// extensions.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		foldRune(&b, r)
	}
	return b.String()
}

// foldRune appends what one character becomes. Each one stands for itself, so that a place in the folded text has its
// place in the original.
func foldRune(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
		b.WriteByte(byte(r))
	case r < utf8.RuneSelf && r >= 'A' && r <= 'Z':
		b.WriteByte(byte(r) + 'a' - 'A')
	case r < utf8.RuneSelf:
		b.WriteByte(' ')
	case noMarks[r] != "":
		b.WriteString(noMarks[r])
	case unicode.Is(unicode.Hangul, r), unicode.Is(unicode.So, r):
		b.WriteRune(r)
	default:
		foldMarked(b, r)
	}
}

func foldMarked(b *strings.Builder, r rune) {
	for _, part := range norm.NFKD.String(string(r)) {
		switch {
		case unicode.Is(unicode.Mn, part), unicode.Is(unicode.Cf, part): // marks, and what is not seen
		case unicode.IsLetter(part), unicode.IsNumber(part), unicode.Is(unicode.Mc, part):
			b.WriteRune(unicode.ToLower(part))
		default:
			b.WriteByte(' ')
		}
	}
}

// foldQuery folds what somebody searches for, and leaves its quotation marks and the minus before a word.
func foldQuery(s string) string {
	var b strings.Builder
	before := ' '
	for _, r := range s {
		switch {
		case r == '"' || r == '“' || r == '”' || r == '„':
			b.WriteByte('"')
		case r == '-' && unicode.IsSpace(before):
			b.WriteByte('-')
		default:
			foldRune(&b, r)
		}
		before = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// isDense tells whether a character belongs to a script that puts no spaces between words, so that words cannot be found
// by cutting at them.
func isDense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Hangul)
}
