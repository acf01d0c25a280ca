// Package id makes Parley's own identifiers: 24 hex characters, of which the first eight are the second of creation,
// so that they sort by time and pass the CRM's validators. They name things; they are no secret and grant nothing.
package id

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
	"time"
)

// Len is the number of characters in an identifier.
const Len = 24

var (
	process [5]byte
	counter atomic.Uint32
)

func init() {
	var seed [9]byte
	if _, err := rand.Read(seed[:]); err != nil {
		panic("id: the system gives no random bytes: " + err.Error())
	}
	copy(process[:], seed[:5])
	counter.Store(binary.BigEndian.Uint32(seed[5:]))
}

// New returns an identifier: 4 bytes of Unix seconds, 5 random bytes of this process, 3 bytes of a counter. Within one
// process a later one of the same second sorts after an earlier one, but for the counter's wrap every 16.7 million.
func New() string { return at(time.Now()) }

func at(t time.Time) string {
	var b [12]byte
	binary.BigEndian.PutUint32(b[0:4], uint32(t.Unix()))
	copy(b[4:9], process[:])
	n := counter.Add(1)
	b[9], b[10], b[11] = byte(n>>16), byte(n>>8), byte(n)
	return hex.EncodeToString(b[:])
}

// Valid reports whether s has the form of an identifier: 24 lower-case hex characters.
func Valid(s string) bool {
	if len(s) != Len {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
