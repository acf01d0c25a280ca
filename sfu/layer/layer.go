// Package layer chooses which of a publication's simulcast layers a receiver gets. It is a pure function of what is
// known about the layers and of the size at which the receiver shows the picture.
package layer

// Layer is what is known about one simulcast layer. They are given from the smallest to the largest.
type Layer struct {
	Live          bool // packets come
	Width, Height int  // in pixels; 0 before the first key frame told
}

// View is the size at which a receiver shows the picture, in pixels. A side of 0 asks for nothing.
type View struct{ Width, Height int }

// Full asks for the best there is.
var Full = View{1 << 20, 1 << 20}

// tolerance: a layer that is this many percent smaller than the view still fills it; nobody sees the difference, and
// the next layer costs twice to four times as much.
const tolerance = 10

// None means that no layer is live.
const None = -1

// Wanted returns the index of the smallest layer that fills the view, or of the largest when none does, whether it is
// live or not; None when there are no layers. Layers of unknown size count by their place among the others: each is
// taken for twice the width of the one before.
func Wanted(layers []Layer, view View) int {
	for i := range layers {
		if fills(size(layers, i), view) {
			return i
		}
	}
	return len(layers) - 1
}

// Choose returns the live layer that comes closest to the one of index wanted: itself, else the best one below it, and
// only if there is none, the next one above: what a receiver asked for is what it has room for.
func Choose(layers []Layer, wanted int) int {
	for i := min(wanted, len(layers)-1); i >= 0; i-- {
		if layers[i].Live {
			return i
		}
	}
	for i := max(wanted, None) + 1; i < len(layers); i++ {
		if layers[i].Live {
			return i
		}
	}
	return None
}

func fills(l Layer, v View) bool {
	return l.Width*100 >= v.Width*(100-tolerance) && l.Height*100 >= v.Height*(100-tolerance)
}

// The usual sizes of three layers, taken while no layer has told its own.
const usualWidth, usualHeight = 320, 180

// size is the layer's own size, or one derived from the nearest layer that told its own.
func size(layers []Layer, i int) Layer {
	if layers[i].Width > 0 {
		return layers[i]
	}
	for d := 1; d < len(layers); d++ {
		if j := i - d; j >= 0 && layers[j].Width > 0 {
			return Layer{Width: layers[j].Width << d, Height: layers[j].Height << d}
		}
		if j := i + d; j < len(layers) && layers[j].Width > 0 {
			return Layer{Width: layers[j].Width >> d, Height: layers[j].Height >> d}
		}
	}
	return Layer{Width: usualWidth << i, Height: usualHeight << i}
}

// Order gives the places of simulcast layers from the smallest to the largest, as indices into rids. The customary
// names q, h and f (quarter, half, full) tell; any other layers are taken in the order in which the client named them.
func Order(rids []string) []int {
	order := make([]int, len(rids))
	for i := range order {
		order[i] = i
	}
	ranks := make([]int, len(rids))
	for i, rid := range rids {
		switch rid {
		case "q":
			ranks[i] = 0
		case "h":
			ranks[i] = 1
		case "f":
			ranks[i] = 2
		default:
			return order
		}
	}
	for i := range order { // at most a handful: insertion sort, stable
		for j := i; j > 0 && ranks[order[j]] < ranks[order[j-1]]; j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	return order
}
