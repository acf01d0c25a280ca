package speaker

import "slices"

// Claim is how strong a microphone's claim to one of few places is. Claims of different strength are ordered by it.
type Claim uint8

// Claims.
const (
	Muted   Claim = iota
	Silent        // says nothing now
	Unknown       // does not tell its level: it may speak at any time
	Speaking
)

// Candidate is one microphone that wants a place.
type Candidate struct {
	ID    string
	Claim Claim
	Level float64 // of one who speaks, as Voice.Level
}

// Ranking orders microphones for a limited number of places, of which those at its beginning get one, however many there
// are. Places change hands only when they must: one who falls silent stays where they are until somebody speaks who is
// behind them, and of two who speak the other one must be louder by 6 dB.
type Ranking struct {
	order []Candidate
}

// louder is 6 dB on the scale of Voice.Level, which spans 50.
const louder = 6.0 / 50

// Update takes in the candidates' present claims and reports whether the order has changed. New ones come last.
func (r *Ranking) Update(candidates []Candidate) (changed bool) {
	before := len(r.order)
	r.order = slices.DeleteFunc(r.order, func(c Candidate) bool { return find(candidates, c.ID) < 0 })
	changed = len(r.order) != before
	for _, c := range candidates {
		if i := find(r.order, c.ID); i >= 0 {
			r.order[i] = c
		} else {
			r.order, changed = append(r.order, c), true
		}
	}
	for i := range r.order {
		for j := i; j > 0 && r.order[j].displaces(r.order[j-1]); j-- {
			r.order[j], r.order[j-1] = r.order[j-1], r.order[j]
			changed = true
		}
	}
	return changed
}

func (c Candidate) displaces(other Candidate) bool {
	if c.Claim == Speaking && other.Claim == Speaking {
		return c.Level > other.Level+louder
	}
	return c.Claim > other.Claim && c.Claim != Silent || other.Claim == Muted && c.Claim != Muted
}

func find(list []Candidate, id string) int {
	return slices.IndexFunc(list, func(c Candidate) bool { return c.ID == id })
}

// Place is where a microphone stands, from 0; one that is not there stands behind all.
func (r *Ranking) Place(id string) int {
	if i := find(r.order, id); i >= 0 {
		return i
	}
	return len(r.order)
}

// First lists the ids of the first n.
func (r *Ranking) First(n int) []string {
	ids := make([]string, 0, n)
	for _, c := range r.order[:min(n, len(r.order))] {
		ids = append(ids, c.ID)
	}
	return ids
}
