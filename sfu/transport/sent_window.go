package transport

// sentWindow remembers which sequence numbers a stream has used: the newest and those shortly before it.
type sentWindow struct {
	used   bool
	newest uint16
	bits   [sentWindowSize / 64]uint64 // by sequence number modulo the size
}

const sentWindowSize = 1024

// mark takes a sequence number, or refuses it as used or too old.
func (w *sentWindow) mark(seq uint16) bool {
	ahead := int16(seq - w.newest)
	switch {
	case !w.used:
		w.used = true
		w.newest = seq
	case ahead > 0:
		w.advance(seq, int(ahead))
	case ahead <= -sentWindowSize:
		return false
	}
	word, bit := &w.bits[seq%sentWindowSize/64], uint64(1)<<(seq%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// advance forgets what the numbers between the newest and seq had been used for a window ago.
func (w *sentWindow) advance(seq uint16, ahead int) {
	if ahead >= sentWindowSize {
		clear(w.bits[:])
	} else {
		for s := w.newest + 1; s != seq+1; s++ {
			w.bits[s%sentWindowSize/64] &^= 1 << (s % 64)
		}
	}
	w.newest = seq
}
