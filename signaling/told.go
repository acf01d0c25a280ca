package signaling

// unknown is the position of a channel of which nothing is known yet.
const unknown = -1

// maxAhead bounds what is remembered of a channel beyond a gap. What is more may be told twice.
const maxAhead = 1000

// told is which of a channel's changes the sockets of this node were told. Changes of several nodes cross on their way, so
// one may be told before the one that it follows.
type told struct {
	from  int64              // told is what was told after this
	to    int64              // without a gap; or unknown
	ahead map[int64]struct{} // beyond a gap, or while the position is unknown
}

// note notes that a change is told now; false when it was told before.
func (t *told) note(eventSeq int64) bool {
	if _, again := t.ahead[eventSeq]; again || t.to != unknown && t.from < eventSeq && eventSeq <= t.to {
		return false
	}
	if t.to != unknown && eventSeq <= t.from {
		return true // of before our time
	}
	if len(t.ahead) < maxAhead {
		if t.ahead == nil {
			t.ahead = make(map[int64]struct{})
		}
		t.ahead[eventSeq] = struct{}{}
	}
	t.advance()
	return true
}

// know sets a position that was unknown.
func (t *told) know(eventSeq int64) {
	if t.to == unknown {
		t.from = eventSeq
		t.pass(eventSeq)
	}
}

// pass notes that nothing up to a change is missing any more.
func (t *told) pass(eventSeq int64) {
	t.to = max(t.to, eventSeq)
	for seq := range t.ahead {
		if seq <= t.to {
			delete(t.ahead, seq)
		}
	}
	t.advance()
}

func (t *told) advance() {
	if t.to == unknown {
		return
	}
	for {
		if _, next := t.ahead[t.to+1]; !next {
			return
		}
		t.to++
		delete(t.ahead, t.to)
	}
}
