package main

import (
	"math/rand/v2"
	"strings"
)

// common are words that many messages hold; the others are made up, and follow Zipf's law as words do.
var common = strings.Fields(`the a to and of in is for on that with we it you be this are as have can not will at from or by our
	please thanks meeting project update review team customer order report plan today tomorrow week deadline question`)

const vocabulary = 50_000

var syllables = strings.Fields(`ba be bi bo bu da de di do du fa fe fi ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu
	ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo wa we xo za ze zi zo`)

// word gives the word of a rank; each rank has its own.
func word(rank int) string {
	if rank < len(common) {
		return common[rank]
	}
	var b strings.Builder
	for n := rank; n > 0; n /= len(syllables) {
		b.WriteString(syllables[n%len(syllables)])
	}
	return b.String()
}

type author struct {
	random *rand.Rand
	zipf   *rand.Zipf
}

func newAuthor(seed uint64) author {
	random := rand.New(rand.NewPCG(seed, 1))
	return author{random, rand.NewZipf(random, 1.07, 3, vocabulary-1)}
}

// message writes 3 to 30 words.
func (a author) message() string {
	words := make([]string, 3+int(a.random.ExpFloat64()*9)%28)
	for i := range words {
		words[i] = word(int(a.zipf.Uint64()))
	}
	return strings.Join(words, " ")
}
