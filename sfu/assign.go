package sfu

import (
	"slices"

	"github.com/digierapro/parley/sfu/transport"
)

// trackKey names a publication within a room.
type trackKey struct {
	peer   string
	source Source
}

// partner is what belongs with a track on one tile: microphone and camera, screen and its sound.
func (k trackKey) partner() trackKey {
	switch k.source {
	case Microphone:
		return trackKey{k.peer, Camera}
	case Camera:
		return trackKey{k.peer, Microphone}
	case Screen:
		return trackKey{k.peer, ScreenAudio}
	default:
		return trackKey{k.peer, Screen}
	}
}

// assign says which publication each slot carries. kinds and present describe the slots in the order of their sections;
// audio and video are the publications wanted, most wanted first, each at most once.
//
// As many are carried as there are slots of the kind. One that has a slot keeps it. The k-th audio and the k-th video
// slot share a media stream, so a publication goes beside its partner when it can, else where its partner has room too,
// else into the first free slot.
func assign(kinds []transport.Kind, present []trackKey, audio, video []trackKey) []trackKey {
	a, v := rows(kinds)
	result := make([]trackKey, len(kinds))
	audio, video = audio[:min(len(audio), len(a))], video[:min(len(video), len(v))]
	newAudio := a.keep(result, present, audio)
	newVideo := v.keep(result, present, video)
	for _, key := range newVideo {
		v.place(result, a, key)
	}
	for _, key := range newAudio {
		a.place(result, v, key)
	}
	return result
}

// row is the slots of one kind.
type row []int

func rows(kinds []transport.Kind) (audio, video row) {
	all := make([]int, len(kinds))
	front, back := 0, len(kinds)
	for i, k := range kinds {
		if k == transport.Audio {
			all[front] = i
			front++
		} else {
			back--
			all[back] = i
		}
	}
	slices.Reverse(all[back:])
	return all[:front:front], all[back:]
}

// keep leaves in its slot what is still wanted and returns what is wanted and has none, in order.
func (w row) keep(result, present, wanted []trackKey) (rest []trackKey) {
	next := 0 // where the last one was found: the order is mostly the same
	for _, key := range wanted {
		at := -1
		for k := range w {
			if i := w[(next+k)%len(w)]; present[i] == key {
				at, next = i, next+k+1
				break
			}
		}
		if at >= 0 {
			result[at] = key
		} else {
			rest = append(rest, key)
		}
	}
	return rest
}

// place puts a publication into a free slot, of which there is one.
func (w row) place(result []trackKey, other row, key trackKey) {
	if i := w.best(result, other, key); i >= 0 {
		result[i] = key
	}
}

// best is the free slot that suits a publication best; -1 when there is none.
func (w row) best(carried []trackKey, other row, key trackKey) int {
	const (
		taken = iota
		besideAnother
		alone // no partner slot, or it is free
		besidePartner
	)
	best, bestRank := -1, taken
	for k, i := range w {
		if carried[i] != (trackKey{}) {
			continue
		}
		rank := alone
		if k < len(other) && carried[other[k]] != (trackKey{}) {
			rank = besideAnother
			if carried[other[k]] == key.partner() {
				rank = besidePartner
			}
		}
		if rank > bestRank {
			best, bestRank = i, rank
		}
	}
	return best
}
