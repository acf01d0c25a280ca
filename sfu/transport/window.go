package transport

// windowSize is how far behind the newest packet of a stream another is still known.
const windowSize = 1024

// maxIndex is the last packet of a stream that one key may seal: RFC 7714 section 14 and RFC 3711 section 9.2.
const maxIndex = 1<<48 - 1

// indexWindow is where a stream stands: its newest packet by index (rollover counter, then sequence number), and which
// of the packets shortly before it there were. RFC 3711 section 3.3.
type indexWindow struct {
	any    bool
	newest uint64
	bits   [windowSize / 64]uint64 // by index modulo the size
}

// nearest is the index with a sequence number that is nearest to the newest; ok is false when there is none, before the
// first or after the last index. Of a stream that has not begun it is the one in its first round.
func (w *indexWindow) nearest(seq uint16) (index uint64, ok bool) {
	if !w.any {
		return uint64(seq), true
	}
	index = w.newest + uint64(int64(int16(seq-uint16(w.newest))))
	return index, index <= maxIndex
}

// fresh tells whether an index is new: neither marked nor so old that this is not known any more.
func (w *indexWindow) fresh(index uint64) bool {
	if !w.any || index > w.newest {
		return true
	}
	return w.newest-index < windowSize && w.bits[index%windowSize/64]&(1<<(index%64)) == 0
}

// mark notes a fresh index as used.
func (w *indexWindow) mark(index uint64) {
	switch {
	case !w.any:
		w.any = true
		w.newest = index
	case index > w.newest:
		w.advance(index)
	}
	w.bits[index%windowSize/64] |= 1 << (index % 64)
}

// advance forgets what stood a window ago where the indices after the newest go.
func (w *indexWindow) advance(index uint64) {
	if index-w.newest >= windowSize {
		clear(w.bits[:])
	} else {
		for i := w.newest + 1; i <= index; i++ {
			w.bits[i%windowSize/64] &^= 1 << (i % 64)
		}
	}
	w.newest = index
}

// take gives a packet that we send its index, or refuses its sequence number as used or too old.
func (w *indexWindow) take(seq uint16) (index uint64, ok bool) {
	index, ok = w.nearest(seq)
	if !ok || !w.fresh(index) {
		return 0, false
	}
	w.mark(index)
	return index, true
}

// guess is the index that a packet that we receive most likely has. Before the first rollover a number that seems to be
// of the round before can only be ahead.
func (w *indexWindow) guess(seq uint16) (index uint64, ok bool) {
	index, ok = w.nearest(seq)
	if !ok && w.newest < 1<<16 {
		return uint64(seq), true
	}
	return index, ok
}
