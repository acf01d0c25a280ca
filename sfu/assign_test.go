package sfu

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/digierapro/parley/sfu/transport"
)

// keys reads "A.m B.c - C.s D.a": peer and the source's initial; "-" is an empty slot.
func keys(s string) (out []trackKey) {
	sources := map[string]Source{"m": Microphone, "c": Camera, "s": Screen, "a": ScreenAudio}
	for _, f := range strings.Fields(s) {
		if f == "-" {
			out = append(out, trackKey{})
			continue
		}
		peer, source, _ := strings.Cut(f, ".")
		out = append(out, trackKey{peer, sources[source]})
	}
	return out
}

func kindsOf(s string) (out []transport.Kind) {
	for _, c := range s {
		out = append(out, map[rune]transport.Kind{'a': transport.Audio, 'v': transport.Video}[c])
	}
	return out
}

func TestAssign(t *testing.T) {
	tests := []struct {
		name, kinds, present, audio, video, want string
	}{
		{"into empty slots side by side", "aavv", "- - - -", "A.m B.m", "A.c B.c", "A.m B.m A.c B.c"},
		{"more than slots", "av", "- -", "A.m B.m", "A.c B.c", "A.m A.c"},
		{"sticky when the order changes", "aavv", "A.m B.m A.c B.c", "B.m A.m", "B.c A.c", "A.m B.m A.c B.c"},
		{"a leaver's slots go to the next", "aavv", "A.m B.m A.c B.c", "B.m C.m", "B.c C.c", "C.m B.m C.c B.c"},
		{"audio only participant leaves its video slot to others last", "aavv", "A.m - - -", "A.m B.m", "B.c", "A.m B.m - B.c"},
		{"camera comes later, beside the microphone", "aavv", "A.m B.m - B.c", "A.m B.m", "B.c A.c", "A.m B.m A.c B.c"},
		{"microphone comes later, beside the camera", "aavv", "- B.m A.c B.c", "B.m A.m", "A.c B.c", "A.m B.m A.c B.c"},
		{"no place beside the partner", "aavv", "A.m B.m B.c -", "A.m B.m", "B.c A.c", "A.m B.m B.c A.c"},
		{"screen and its sound", "aaavvv", "A.m B.m - A.c B.c -", "A.m B.m A.a", "A.s A.c B.c", "A.m B.m A.a A.c B.c A.s"},
		{"what is wanted first pushes out what no longer fits", "vv", "A.c B.c", "", "C.c A.c B.c", "A.c C.c"},
		{"sections in mixed order", "vava", "- - - -", "A.m B.m", "A.c B.c", "A.c A.m B.c B.m"},
		{"only audio slots", "aa", "- -", "A.m B.m", "A.c", "A.m B.m"},
		{"nobody left", "av", "A.m A.c", "", "", "- -"},
		{"no slots", "", "", "A.m", "A.c", ""},
	}
	for _, tt := range tests {
		got := assign(kindsOf(tt.kinds), keys(tt.present), keys(tt.audio), keys(tt.video))
		if !slices.Equal(got, keys(tt.want)) {
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
	}
}

func TestAssignKeepsItsPromises(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	peers := strings.Split("ABCDEFGH", "")
	pick := func(sources ...Source) (out []trackKey) {
		for _, p := range peers {
			for _, s := range sources {
				if r.IntN(2) == 0 {
					out = append(out, trackKey{p, s})
				}
			}
		}
		r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out
	}
	for range 5000 {
		var kinds []transport.Kind
		for range r.IntN(12) {
			kinds = append(kinds, transport.Kind(1+r.IntN(2)))
		}
		present := make([]trackKey, len(kinds))
		for range 5 {
			audio, video := pick(Microphone, ScreenAudio), pick(Camera, Screen)
			got := assign(kinds, present, audio, video)
			seen := map[trackKey]bool{}
			count := map[transport.Kind]int{}
			for i, key := range got {
				if key == (trackKey{}) {
					continue
				}
				if seen[key] || key.source.Kind() != kinds[i] {
					t.Fatalf("%v: twice, or in a slot of the other kind", key)
				}
				seen[key] = true
				count[kinds[i]]++
			}
			for _, w := range []struct {
				kind   transport.Kind
				wanted []trackKey
			}{{transport.Audio, audio}, {transport.Video, video}} {
				slots := 0
				for _, k := range kinds {
					if k == w.kind {
						slots++
					}
				}
				carried := w.wanted[:min(slots, len(w.wanted))]
				for _, key := range carried {
					if !seen[key] {
						t.Fatalf("%v is wanted and has no slot: %v", key, got)
					}
				}
				for i, key := range present {
					if kinds[i] == w.kind && slices.Contains(carried, key) && got[i] != key {
						t.Fatalf("%v lost its slot", key)
					}
				}
			}
			present = got
		}
	}
}
