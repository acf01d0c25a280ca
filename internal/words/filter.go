package words

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Action says what becomes of a text in which a word is found.
type Action string

// Actions, the mildest first.
const (
	Flag  Action = "flag"  // it is sent and shown to those who moderate
	Mask  Action = "mask"  // the word becomes asterisks
	Block Action = "block" // it is not sent
)

// Bounds of a list that is quick to look through.
const (
	MaxWord  = 50   // characters
	MaxWords = 2000 // of one list
)

// Valid tells whether a is one of the three.
func (a Action) Valid() bool { return a == Flag || a == Mask || a == Block }

// Entry is a word, or several with spaces between, and what becomes of a text that has it. With an asterisk at its end it
// is found at the beginning of longer words too.
type Entry struct {
	Word   string
	Action Action
}

// boundary is read wherever a word begins or ends, so that a pattern that begins with it is found only there.
const boundary rune = -1

// node is a state: what has been read ends with the letters on the way to it from the root. What is found there is found
// in every state that ends with it, and noted there too, so that a step costs the same however many words end at it.
type node struct {
	edges  []edge // by letter
	fail   int32  // the state of the longest end of that which is the beginning of some pattern
	action Action // the strictest of what ends here; empty for nothing
	mask   int    // the length in letters of the longest that is to be masked; 0 for none
}

type edge struct {
	r  rune
	to int32
}

// Filter finds its words in texts. It is immutable.
type Filter struct {
	nodes []node
	root  map[rune]int32
	ascii [utf8.RuneSelf]int32 // of root, for nearly all there is
}

// New makes a filter of entries. Empty ones are left out.
func New(entries []Entry) *Filter {
	f := &Filter{nodes: []node{{}}, root: make(map[rune]int32)}
	for _, e := range entries {
		f.add(e)
	}
	f.link()
	return f
}

func (f *Filter) add(e Entry) {
	word, prefix := strings.CutSuffix(strings.Join(strings.Fields(e.Word), " "), "*")
	letters := spelt(normalise(word), besideLetters)
	if len(letters) == 0 {
		return
	}
	first, last := letters[0].r, letters[len(letters)-1].r
	at := int32(0)
	for i, l := range letters {
		if (i == 0 && bounded(first)) || (i > 0 && wordLetter(letters[i-1].r) != wordLetter(l.r)) {
			at = f.child(at, boundary)
		}
		at = f.child(at, l.r)
	}
	if !prefix && bounded(last) {
		at = f.child(at, boundary)
	}
	n := &f.nodes[at]
	n.action = stricter(n.action, e.Action)
	if n.mask = 0; n.action == Mask {
		n.mask = len(letters)
	}
}

func (f *Filter) child(at int32, r rune) int32 {
	edges := f.nodes[at].edges
	i, found := slices.BinarySearchFunc(edges, r, func(e edge, r rune) int { return cmp.Compare(e.r, r) })
	if found {
		return edges[i].to
	}
	next := int32(len(f.nodes))
	f.nodes[at].edges = slices.Insert(edges, i, edge{r, next})
	f.nodes = append(f.nodes, node{})
	return next
}

// link sets where each state goes on when no edge fits, a level after the other.
func (f *Filter) link() {
	queue := []int32{}
	for _, e := range f.nodes[0].edges {
		f.root[e.r] = e.to
		if 0 <= e.r && e.r < utf8.RuneSelf {
			f.ascii[e.r] = e.to
		}
		queue = append(queue, e.to)
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, e := range f.nodes[at].edges {
			fail := f.nodes[at].fail
			to, ok := f.step(fail, e.r)
			for !ok && fail != 0 {
				fail = f.nodes[fail].fail
				to, ok = f.step(fail, e.r)
			}
			end := &f.nodes[e.to]
			end.fail = to
			end.action, end.mask = stricter(end.action, f.nodes[to].action), max(end.mask, f.nodes[to].mask)
			queue = append(queue, e.to)
		}
	}
}

func (f *Filter) step(at int32, r rune) (int32, bool) {
	if at == 0 && 0 <= r && r < utf8.RuneSelf {
		to := f.ascii[r]
		return to, to != 0
	}
	if at == 0 {
		to, ok := f.root[r]
		return to, ok
	}
	for _, e := range f.nodes[at].edges {
		if e.r == r {
			return e.to, true
		}
	}
	return 0, false
}

// bounded tells whether a word that begins or ends with the letter does so where words do. In scripts that put nothing
// between words, it is found anywhere.
func bounded(r rune) bool {
	return wordLetter(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

var strictness = map[Action]int{Flag: 1, Mask: 2, Block: 3}

func stricter(a, b Action) Action {
	if strictness[a] > strictness[b] {
		return a
	}
	return b
}
