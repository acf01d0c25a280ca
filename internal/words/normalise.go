// Package words finds words in what people write, also when they are written so as not to be found: in other letters that
// look the same, with signs or Markdown between that nobody sees, in capitals or in forms that Unicode calls equal.
//
// It is an Aho-Corasick automaton over the normalised text, so that its time grows with the text alone, whatever the words
// are. Words are words: there are no patterns that a list could be slow by.
package words

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letter is one character of a normalised text and where it comes from: the bytes [from, to) of the original.
type letter struct {
	r        rune
	from, to int32
}

// normalise gives the letters of a text: in NFKC, small, without marks that are left over and without signs that are not
// seen, spaces as one, and letters that look like Latin ones as these.
func normalise(text string) []letter {
	n := normaliser{text: text, letters: make([]letter, 0, len(text))}
	var form []byte
	for pos := 0; pos < len(text); {
		if c := text[pos]; c < utf8.RuneSelf && (pos+1 == len(text) || text[pos+1] < utf8.RuneSelf) {
			n.add(asciiSmall[c], pos, pos+1)
			pos++
			continue
		}
		end := pos + norm.NFKC.NextBoundaryInString(text[pos:], true)
		if end <= pos { // what is not UTF-8
			_, size := utf8.DecodeRuneInString(text[pos:])
			end = pos + size
		}
		form = norm.NFKC.AppendString(form[:0], text[pos:end])
		for rest := form; len(rest) > 0; {
			r, size := utf8.DecodeRune(rest)
			n.addWide(r, pos, end)
			rest = rest[size:]
		}
		pos = end
	}
	return n.letters
}

type normaliser struct {
	text    string
	letters []letter
}

// addWide adds a character of any script.
func (n *normaliser) addWide(r rune, from, to int) {
	if r < utf8.RuneSelf {
		n.add(asciiSmall[r], from, to)
		return
	}
	if r = small(r); r == 0 {
		n.cover(to)
		return
	}
	n.add(r, from, to)
}

// small is a character of any script as a letter; 0 when it is not seen.
func small(r rune) rune {
	r = unicode.ToLower(r)
	if latin, ok := looksLike[r]; ok {
		return latin
	}
	switch {
	case inFilled(r):
		return 'a' + (r-firstFilled)%filledRow
	case unicode.IsSpace(r):
		return ' '
	case unseen(r):
		return 0
	}
	return r
}

// unseen tells whether a character beyond ASCII is a mark on others, or leaves nothing to see.
func unseen(r rune) bool {
	if r == 0x2800 || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) { // a Braille pattern without dots; what is never drawn
		return true
	}
	return !unicode.IsLetter(r) && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Cc)
}

// Letters in filled circles and squares, which Unicode calls equal to nothing: two rows of the alphabet.
const (
	firstFilled rune = 0x1f150
	filledRow   rune = 0x20
)

func inFilled(r rune) bool {
	return firstFilled <= r && r < firstFilled+2*filledRow && (r-firstFilled)%filledRow < 26
}

// add adds a character that is small already.
func (n *normaliser) add(r rune, from, to int) {
	if r < ' ' || r == 0x7f { // a control sign is not seen either
		n.cover(to)
		return
	}
	if r == ' ' && len(n.letters) > 0 && n.letters[len(n.letters)-1].r == ' ' {
		n.cover(to)
		return
	}
	n.letters = append(n.letters, letter{r, int32(from), int32(to)})
}

// cover takes what stands behind the last letter to it, so that it is masked with it.
func (n *normaliser) cover(to int) {
	if last := len(n.letters) - 1; last >= 0 {
		n.letters[last].to = int32(to)
	}
}

// asciiSmall are small letters, and one space for all.
var asciiSmall = func() (table [utf8.RuneSelf]rune) {
	for c := range table {
		if table[c] = unicode.ToLower(rune(c)); unicode.IsSpace(rune(c)) {
			table[c] = ' '
		}
	}
	return table
}()

// insteadOf are signs that some write instead of letters.
var insteadOf = ['a']rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', '$': 's'}

// dollars says when a $ stands for a letter.
type dollars uint8

const (
	besideLetters dollars = iota
	amongLetters
	never
)

// spellings are the letters with those that signs stand for. Of a $ one does not know whether it does.
func spellings(letters []letter) (all [][]letter) {
	if slices.ContainsFunc(letters, func(l letter) bool { return l.r == '$' }) {
		all = append(all, spelt(slices.Clone(letters), never), spelt(slices.Clone(letters), amongLetters))
	}
	return append(all, spelt(letters, besideLetters))
}

// spelt puts letters where signs stand instead of them: beside another one. A number is a number, and an @ before a name is a
// mention.
func spelt(letters []letter, as dollars) []letter {
	for i := range letters {
		r := letters[i].r
		if r >= 'a' || insteadOf[max(0, r)] == 0 || r == '$' && as == never {
			continue
		}
		was := i > 0 && latin(letters[i-1].r)
		will := i+1 < len(letters) && latin(letters[i+1].r)
		if was && will || (was || will) && r != '@' && (r != '$' || as == besideLetters) {
			letters[i].r = insteadOf[r]
		}
	}
	return letters
}

func latin(r rune) bool { return 'a' <= r && r <= 'z' }

// looksLike are small letters of other scripts that look like Latin ones.
var looksLike = map[rune]rune{
	'а': 'a', 'в': 'b', 'с': 'c', 'ԁ': 'd', 'е': 'e', 'ё': 'e', 'ғ': 'f', 'ɡ': 'g', 'һ': 'h', 'і': 'i', 'ї': 'i', 'ј': 'j',
	'к': 'k', 'ӏ': 'l', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'ԛ': 'q', 'г': 'r', 'ѕ': 's', 'т': 't', 'у': 'y', 'ѵ': 'v',
	'ԝ': 'w', 'х': 'x', 'α': 'a', 'β': 'b', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't',
	'υ': 'u', 'ſ': 's', 'χ': 'x', 'γ': 'y', 'ı': 'i', 'ɑ': 'a', 'ʟ': 'l', 'ɩ': 'i', 'ꜱ': 's', 'ᴀ': 'a', 'ᴄ': 'c', 'ᴇ': 'e', 'ᴋ': 'k',
	'ᴏ': 'o', 'ᴛ': 't', 'ᴜ': 'u', 'ʙ': 'b', 'ᴅ': 'd', 'ꜰ': 'f', 'ɢ': 'g', 'ʜ': 'h', 'ɪ': 'i', 'ᴊ': 'j', 'ᴍ': 'm', 'ɴ': 'n', 'ᴘ': 'p',
	'ʀ': 'r', 'ᴠ': 'v', 'ᴡ': 'w', 'ʏ': 'y', 'ᴢ': 'z', 'օ': 'o', 'ս': 'u', 'ո': 'n', 'հ': 'h',
}
