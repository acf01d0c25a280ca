package layer

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	known := []Layer{{true, 320, 180}, {true, 640, 360}, {true, 1280, 720}}
	with := func(change func([]Layer)) []Layer {
		l := slices.Clone(known)
		change(l)
		return l
	}
	tests := []struct {
		name   string
		layers []Layer
		view   View
		want   int
	}{
		{"exact", known, View{640, 360}, 1},
		{"between two", known, View{400, 300}, 1},
		{"a little larger than a layer", known, View{660, 370}, 1},
		{"too much larger", known, View{720, 405}, 2},
		{"larger than all", known, View{1920, 1080}, 2},
		{"no size", known, View{}, 0},
		{"full", known, Full, 2},
		{"wanted is silent", with(func(l []Layer) { l[1].Live = false }), View{640, 360}, 0},
		{"wanted and all below silent", with(func(l []Layer) { l[0].Live, l[1].Live = false, false }), View{640, 360}, 2},
		{"wanted and all above silent", with(func(l []Layer) { l[1].Live, l[2].Live = false, false }), View{640, 360}, 0},
		{"top is silent", with(func(l []Layer) { l[2].Live = false }), Full, 1},
		{"all silent", with(func(l []Layer) { l[0].Live, l[1].Live, l[2].Live = false, false, false }), Full, None},
		{"none at all", nil, Full, None},
		{"no sizes yet, small", []Layer{{Live: true}, {Live: true}, {Live: true}}, View{200, 100}, 0},
		{"no sizes yet, middle", []Layer{{Live: true}, {Live: true}, {Live: true}}, View{640, 360}, 1},
		{"only the lowest has told", []Layer{{true, 160, 90}, {Live: true}, {Live: true}}, View{640, 360}, 2},
		{"only the top has told", []Layer{{Live: true}, {Live: true}, {true, 640, 360}}, View{320, 180}, 1},
		{"portrait", []Layer{{true, 180, 320}, {true, 360, 640}}, View{300, 500}, 1},
	}
	for _, tt := range tests {
		if got := Choose(tt.layers, Wanted(tt.layers, tt.view)); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestChooseNeverExceedsTheViewWithoutNeed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 20000 {
		var layers []Layer
		w, h := 1+r.IntN(400), 1+r.IntN(400)
		for range r.IntN(5) {
			l := Layer{Live: r.IntN(3) > 0}
			if r.IntN(4) > 0 {
				l.Width, l.Height = w, h
			}
			layers = append(layers, l)
			w, h = 2*w, 2*h
		}
		view := View{r.IntN(2000), r.IntN(2000)}
		got := Choose(layers, Wanted(layers, view))
		live := slices.ContainsFunc(layers, func(l Layer) bool { return l.Live })
		if (got != None) != live || got != None && !layers[got].Live {
			t.Fatalf("%v of %v: %d", view, layers, got)
		}
		for i := range max(got, 0) { // a smaller one that fills, or is live, must be no choice
			if fills(size(layers, i), view) && slices.ContainsFunc(layers[:i+1], func(l Layer) bool { return l.Live }) {
				t.Fatalf("%v of %v: %d, but %d fills it", view, layers, got, i)
			}
		}
	}
}

func TestOrder(t *testing.T) {
	for _, tt := range []struct {
		rids []string
		want []int
	}{
		{[]string{"q", "h", "f"}, []int{0, 1, 2}},
		{[]string{"f", "h", "q"}, []int{2, 1, 0}},
		{[]string{"h", "f"}, []int{0, 1}},
		{[]string{"f", "h"}, []int{1, 0}},
		{[]string{"2", "1", "0"}, []int{0, 1, 2}},
		{nil, []int{}},
	} {
		if got := Order(tt.rids); !slices.Equal(got, tt.want) {
			t.Errorf("Order(%v) = %v, want %v", tt.rids, got, tt.want)
		}
	}
}
