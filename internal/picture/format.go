package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// format is one that is read. What a server says that it sends counts for nothing: the first bytes do.
type format struct {
	magic  string // with ? for any byte
	header func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error) // of a GIF the first picture
	cost   func(header image.Config, data []byte) int64
	turned func(data []byte) int // its orientation by EXIF; nil for none
}

var formats = []format{
	{magic: "\xff\xd8\xff", header: jpeg.DecodeConfig, decode: jpeg.Decode, cost: jpegCost, turned: jpegOrientation},
	{magic: "\x89PNG\r\n\x1a\n", header: png.DecodeConfig, decode: png.Decode, cost: pngCost},
	{magic: "GIF8?a", header: gif.DecodeConfig, decode: gif.Decode, cost: perPixel(2)},
	{magic: "RIFF????WEBPVP8", header: webp.DecodeConfig, decode: webp.Decode, cost: perPixel(8)},
}

func formatOf(data []byte) (format, bool) {
	for _, f := range formats {
		if len(data) >= len(f.magic) && matches(data, f.magic) {
			return f, true
		}
	}
	return format{}, false
}

func matches(data []byte, magic string) bool {
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != data[i] {
			return false
		}
	}
	return true
}

func (f format) orientation(data []byte) int {
	if f.turned == nil {
		return 1
	}
	return f.turned(data)
}

// The costs are what the decoders hold at most, in bytes, by their source.

func perPixel(bytes int64) func(image.Config, []byte) int64 {
	return func(c image.Config, _ []byte) int64 { return bytes * int64(c.Width) * int64(c.Height) }
}

// pngCost: an interlaced picture is decoded in seven parts beside the whole, the largest of them half of it.
func pngCost(c image.Config, data []byte) int64 {
	var depth int64 = 4
	switch c.ColorModel {
	case color.GrayModel:
		depth = 1
	case color.Gray16Model:
		depth = 2
	case color.NRGBA64Model, color.RGBA64Model:
		depth = 8
	default:
		if _, ok := c.ColorModel.(color.Palette); ok {
			depth = 1
		}
	}
	cost := perPixel(depth)(c, nil)
	const interlaceByte = 28 // behind the signature and the head of IHDR: its last byte
	if bytes.HasPrefix(data[min(12, len(data)):], []byte("IHDR")) && len(data) > interlaceByte && data[interlaceByte] != 0 {
		cost += cost / 2
	}
	return cost
}
