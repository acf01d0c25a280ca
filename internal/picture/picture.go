// Package picture makes small pictures out of ones that strangers made. It reads a picture's header first, decodes only what
// is bounded, and encodes anew, so that nothing of the file is left but what is seen: no place where it was taken, no
// thumbnail of what was cut off, no second file behind the first.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/sync/semaphore"
)

// Bounds of what is decoded. A picture of less than leastSide is a spacer or counts who looks.
const (
	maxPixels = 40_000_000
	maxSide   = 16_384
	leastSide = 32
	quality   = 82
)

// Refusals.
var (
	ErrFormat = errors.New("this is no picture of a format that is read")
	ErrSize   = errors.New("the picture is too large or too small")
)

// Picture is an encoded picture.
type Picture struct {
	ContentType   string // image/jpeg, or image/png for one that one can see through
	Data          []byte
	Width, Height int
}

// decoding bounds what all decoders of the process together hold. The largest JPEG that is read takes nearly all of it.
var decoding = semaphore.NewWeighted(budget)

// budget is in bytes.
const budget = 384 << 20

// Small makes a picture that fits a square of side pixels; one that fits already keeps its size. It waits its turn, until
// ctx ends.
func Small(ctx context.Context, data []byte, side int) (Picture, error) {
	f, ok := formatOf(data)
	if !ok {
		return Picture{}, ErrFormat
	}
	header, err := f.header(bytes.NewReader(data))
	if err != nil {
		return Picture{}, fmt.Errorf("read a picture's header: %w", err)
	}
	w, h := header.Width, header.Height
	if w < leastSide || h < leastSide || w > maxSide || h > maxSide || w*h > maxPixels {
		return Picture{}, fmt.Errorf("%w: %d × %d", ErrSize, w, h)
	}
	cost := f.cost(header, data) + scalingCost(side)
	if cost > budget {
		return Picture{}, fmt.Errorf("%w: it would take %d MiB to decode", ErrSize, cost>>20)
	}
	if err := decoding.Acquire(ctx, cost); err != nil {
		return Picture{}, err
	}
	defer decoding.Release(cost)
	decoded, err := f.decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, fmt.Errorf("decode a picture: %w", err)
	}
	return encode(upright(scale(decoded, side), f.orientation(data)))
}

func encode(m *image.RGBA) (Picture, error) {
	var b bytes.Buffer
	p := Picture{ContentType: "image/jpeg", Width: m.Rect.Dx(), Height: m.Rect.Dy()}
	var err error
	if m.Opaque() {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: quality})
	} else {
		p.ContentType = "image/png"
		err = png.Encode(&b, m)
	}
	p.Data = b.Bytes()
	return p, err
}
