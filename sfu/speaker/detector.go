package speaker

// Margins by which a challenger must be ahead of the dominant speaker, in frames of each window, and what it must have
// said at least: a cough has not.
const (
	aheadImmediate = 3
	aheadMedium    = 9
	aheadLong      = 4
	leastImmediate = 2
	leastLong      = 18 // 360 ms
)

// Detector names the dominant speaker of a room: it stays until another one is clearly ahead, also through silence.
type Detector struct {
	dominant *Voice
}

// Dominant is the present one; nil before anybody has spoken, or when the last one is gone.
func (d *Detector) Dominant() *Voice { return d.dominant }

// Decide looks at the voices that there are, in an order that stays, after each frame.
func (d *Detector) Decide(voices []*Voice) {
	var best *Voice
	present := false
	for _, v := range voices {
		present = present || v == d.dominant
		if v == d.dominant || v.count(long) < leastLong || v.count(immediate) < leastImmediate {
			continue
		}
		if best == nil || v.stronger(best) {
			best = v
		}
	}
	if !present {
		d.dominant = nil
	}
	if best != nil && (d.dominant == nil || best.overtakes(d.dominant)) {
		d.dominant = best
	}
}

// stronger orders challengers: who has said more, then who is louder. Equals keep the order of the list.
func (v *Voice) stronger(other *Voice) bool {
	a, b := v.count(long), other.count(long)
	return a > b || a == b && v.level > other.level
}

func (v *Voice) overtakes(dominant *Voice) bool {
	return v.count(immediate) >= dominant.count(immediate)+aheadImmediate &&
		v.count(medium) >= dominant.count(medium)+aheadMedium &&
		v.count(long) >= dominant.count(long)+aheadLong
}
