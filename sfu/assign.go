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
	a, v := row{kind: transport.Audio}, row{kind: transport.Video}
	for i, k := range kinds {
		if k == transport.Audio {
			a.slots = append(a.slots, i)
		} else {
			v.slots = append(v.slots, i)
		}
	}
	result := make([]trackKey, len(kinds))
	audio, video = audio[:min(len(audio), len(a.slots))], video[:min(len(video), len(v.slots))]
	newAudio := a.keep(result, present, audio)
	newVideo := v.keep(result, present, video)
	for _, key := range newVideo {
		v.place(result, &a, key)
	}
	for _, key := range newAudio {
		a.place(result, &v, key)
	}
	return result
}

// row is the slots of one kind.
type row struct {
	kind  transport.Kind
	slots []int
}

// keep leaves in its slot what is still wanted and returns what is wanted and has none, in order.
func (w *row) keep(result, present, wanted []trackKey) (rest []trackKey) {
	for _, key := range wanted {
		at := slices.IndexFunc(w.slots, func(i int) bool { return present[i] == key })
		if at >= 0 {
			result[w.slots[at]] = key
		} else {
			rest = append(rest, key)
		}
	}
	return rest
}

// place puts a publication into a free slot, of which there is one.
func (w *row) place(result []trackKey, other *row, key trackKey) {
	const (
		taken = iota
		besideAnother
		alone // no partner slot, or it is free
		besidePartner
	)
	best, bestRank := -1, taken
	for k, i := range w.slots {
		if result[i] != (trackKey{}) {
			continue
		}
		rank := alone
		if k < len(other.slots) && result[other.slots[k]] != (trackKey{}) {
			rank = besideAnother
			if result[other.slots[k]] == key.partner() {
				rank = besidePartner
			}
		}
		if rank > bestRank {
			best, bestRank = i, rank
		}
	}
	if best >= 0 {
		result[best] = key
	}
}
