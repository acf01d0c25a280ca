package picture

import (
	"image"

	"golang.org/x/image/draw"
)

// thin is how much larger than wanted a picture stays before it is scaled well: single pixels are enough to choose from where
// there are more, and scaling all of them well would take time and memory.
const thin = 3

// scalingCost is what scaling holds: the thinned picture, and the scaler's rows of four float64 a pixel.
func scalingCost(side int) int64 { return int64(side*thin) * int64(side) * (4*thin + 32) }

// scale fits a picture into a square.
func scale(m image.Image, side int) *image.RGBA {
	if w, h := m.Bounds().Dx(), m.Bounds().Dy(); max(w, h) > side*thin {
		m = drawn(draw.NearestNeighbor, m, side*thin)
	}
	return drawn(draw.BiLinear, m, side)
}

func drawn(by draw.Scaler, m image.Image, side int) *image.RGBA {
	w, h := fit(m.Bounds().Dx(), m.Bounds().Dy(), side)
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	by.Scale(to, to.Rect, m, m.Bounds(), draw.Src, nil)
	return to
}

func fit(w, h, side int) (int, int) {
	larger := max(w, h)
	if larger <= side {
		return w, h
	}
	return max(1, (w*side+larger/2)/larger), max(1, (h*side+larger/2)/larger)
}

// upright turns a picture as its EXIF orientation says: where its first row and column are to be seen.
func upright(m *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	size := m.Rect
	if orientation >= 5 { // a row becomes a column
		size = image.Rect(0, 0, h, w)
	}
	to := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			toX, toY := x, y
			if orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8 {
				toX = w - 1 - x
			}
			if orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7 {
				toY = h - 1 - y
			}
			if orientation >= 5 {
				toX, toY = toY, toX
			}
			to.SetRGBA(toX, toY, m.RGBAAt(x, y))
		}
	}
	return to
}
