package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

const side = 640

var (
	red  = color.NRGBA{200, 40, 40, 255}
	blue = color.NRGBA{20, 80, 200, 255}
)

// drawing is red on its left half and blue on its right one.
func drawing(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			if x < w/2 {
				m.SetNRGBA(x, y, red)
			} else {
				m.SetNRGBA(x, y, blue)
			}
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, m, nil))
	return b.Bytes()
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, m))
	return b.Bytes()
}

// gifOf has two pictures, of which the second one is black.
func gifOf(t testing.TB, w, h int) []byte {
	t.Helper()
	palette := color.Palette{red, blue, color.Black}
	first, second := image.NewPaletted(image.Rect(0, 0, w, h), palette), image.NewPaletted(image.Rect(0, 0, w, h), palette)
	for i := range first.Pix {
		if first.Pix[i] = 0; i%w >= w/2 {
			first.Pix[i] = 1
		}
		second.Pix[i] = 2
	}
	var b bytes.Buffer
	must(t, gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{first, second}, Delay: []int{1, 1}}))
	return b.Bytes()
}

func webpFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".webp"))
	must(t, err)
	return data
}

// look decodes what was made and wants red at the left and blue at the right.
func look(t *testing.T, p Picture) image.Image {
	t.Helper()
	m, kind, err := image.Decode(bytes.NewReader(p.Data))
	must(t, err)
	if "image/"+kind != p.ContentType || m.Bounds() != image.Rect(0, 0, p.Width, p.Height) {
		t.Errorf("%s of %v: said to be %s, %d × %d", kind, m.Bounds(), p.ContentType, p.Width, p.Height)
	}
	return m
}

func isRed(c color.Color) bool  { r, _, b, _ := c.RGBA(); return r > 2*b }
func isBlue(c color.Color) bool { r, _, b, _ := c.RGBA(); return b > 2*r }

func TestPicturesOfAllFormats(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		w, h int
		kind string
	}{
		"JPEG":           {jpegOf(t, drawing(1200, 630)), 640, 336, "image/jpeg"},
		"PNG":            {pngOf(t, drawing(400, 800)), 320, 640, "image/jpeg"},
		"small PNG":      {pngOf(t, drawing(100, 50)), 100, 50, "image/jpeg"},
		"large PNG":      {pngOf(t, drawing(2500, 100)), 640, 26, "image/jpeg"},
		"GIF":            {gifOf(t, 700, 70), 640, 64, "image/jpeg"},
		"WebP":           {webpFile(t, "lossy"), 96, 64, "image/jpeg"},
		"lossless WebP":  {webpFile(t, "lossless"), 96, 64, "image/jpeg"},
		"WebP and alpha": {webpFile(t, "alpha"), 96, 64, "image/png"},
	} {
		p, err := Small(t.Context(), c.data, side)
		if err != nil || p.Width != c.w || p.Height != c.h || p.ContentType != c.kind {
			t.Errorf("%s: %s, %d × %d, %v", name, p.ContentType, p.Width, p.Height, err)
			continue
		}
		if m := look(t, p); !isRed(m.At(c.w/8, c.h/8)) {
			t.Errorf("%s: %v at the left", name, m.At(c.w/8, c.h/8))
		} else if !strings.Contains(name, "WebP") && !isBlue(m.At(c.w*7/8, c.h/2)) {
			t.Errorf("%s: %v at the right", name, m.At(c.w*7/8, c.h/2))
		}
	}
}

func TestWhatOneSeesThroughStaysSo(t *testing.T) {
	m := drawing(800, 400)
	for x := range 100 {
		m.SetNRGBA(x, 10, color.NRGBA{})
	}
	p, err := Small(t.Context(), pngOf(t, m), side)
	must(t, err)
	if _, _, _, a := look(t, p).At(20, 8).RGBA(); p.ContentType != "image/png" || a > 0x8000 {
		t.Errorf("%s, alpha %d", p.ContentType, a)
	}
}

// withSegment puts a segment behind a JPEG's first marker.
func withSegment(data []byte, marker byte, body string) []byte {
	head := []byte{0xff, 0xd8, 0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}
	return append(append(head, body...), data[2:]...)
}

// exif is a TIFF with one directory: the orientation, and where the picture was taken.
func exif(order binary.AppendByteOrder, orientation uint16) string {
	b := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	for _, entry := range []struct {
		tag, kind uint16
		value     uint16
	}{{0x010e, 2, 0}, {0x0112, 3, orientation}} {
		b = order.AppendUint16(order.AppendUint16(b, entry.tag), entry.kind)
		b = order.AppendUint32(b, 1)
		b = append(order.AppendUint16(b, entry.value), 0, 0)
	}
	return "Exif\x00\x00" + string(b) + "52.5200 N 13.4050 E"
}

func TestEXIFTurnsAPictureAndIsGone(t *testing.T) {
	plain := jpegOf(t, drawing(100, 60))
	for orientation, want := range map[uint16]struct {
		w, h       int
		redX, redY int // where what was red at the left is seen
	}{
		1: {100, 60, 10, 30}, 2: {100, 60, 90, 30}, 3: {100, 60, 90, 30}, 4: {100, 60, 10, 30},
		5: {60, 100, 30, 10}, 6: {60, 100, 30, 10}, 7: {60, 100, 30, 90}, 8: {60, 100, 30, 90}, 9: {100, 60, 10, 30}, 0: {100, 60, 10, 30},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			p, err := Small(t.Context(), withSegment(plain, markerAPP1, exif(order, orientation)), side)
			must(t, err)
			m := look(t, p)
			if p.Width != want.w || p.Height != want.h || !isRed(m.At(want.redX, want.redY)) || !isBlue(m.At(want.w-1-want.redX, want.h-1-want.redY)) {
				t.Errorf("orientation %d, %v: %d × %d, %v", orientation, order, p.Width, p.Height, m.At(want.redX, want.redY))
			}
			if bytes.Contains(p.Data, []byte("Exif")) || bytes.Contains(p.Data, []byte("52.5200")) {
				t.Error("it says where it was taken")
			}
		}
	}
	// The corners tell turning from mirroring.
	corner := drawing(100, 60)
	for y := range 60 {
		for x := range 100 {
			if corner.SetNRGBA(x, y, blue); x < 50 && y < 30 {
				corner.SetNRGBA(x, y, red)
			}
		}
	}
	for orientation, right := range map[uint16][2]bool{2: {true, false}, 3: {true, true}, 4: {false, true}, 5: {false, false}, 6: {true, false}, 7: {true, true}, 8: {false, true}} {
		p, err := Small(t.Context(), withSegment(jpegOf(t, corner), markerAPP1, exif(binary.BigEndian, orientation)), side)
		must(t, err)
		x, y := p.Width/4, p.Height/4
		if right[0] {
			x = p.Width - 1 - x
		}
		if right[1] {
			y = p.Height - 1 - y
		}
		if m := look(t, p); !isRed(m.At(x, y)) {
			t.Errorf("orientation %d: %v at %d, %d", orientation, m.At(x, y), x, y)
		}
	}
}

// headerOf is a PNG of a size with no pixels: what looks at its header alone can take it for a large one.
func headerOf(w, h int, depth, colors, interlaced byte) []byte {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), uint32(w))
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, uint32(h)), depth, colors, 0, 0, interlaced)
	data := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	return binary.BigEndian.AppendUint32(append(data, ihdr...), crc32.ChecksumIEEE(ihdr))
}

// jpegHeader is a JPEG of a size with no pixels.
func jpegHeader(w, h int, sof byte) []byte {
	return []byte{0xff, 0xd8, 0xff, sof, 0, 17, 8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 0xff, markerSOS, 0, 2}
}

func TestWhatIsRefused(t *testing.T) {
	huge := map[string][]byte{
		"over 40 Mpx":           headerOf(8000, 5001, 8, 2, 0),
		"over 16,384 px wide":   headerOf(16385, 100, 8, 2, 0),
		"over 16,384 px high":   headerOf(100, 16385, 8, 2, 0),
		"a spacer":              pngOf(t, drawing(31, 100)),
		"64 bits, interlaced":   headerOf(8000, 5000, 16, 6, 1),
		"a progressive giant":   jpegHeader(8000, 5000, markerSOF2),
		"a GIF that is large":   append([]byte("GIF89a"), 0xff, 0xff, 0xff, 0xff, 0, 0, 0),
		"a WebP that is larger": append([]byte("RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00"), 0xff, 0x3f, 0, 0xff, 0x3f, 0),
	}
	for name, data := range huge {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Small(t.Context(), data, side)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrSize) {
			t.Errorf("%s: %v", name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("%s: %d bytes to see that", name, took)
		}
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "SVG": []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"/>`), "HTML": []byte("<html>"),
		"PDF": []byte("%PDF-1.7"), "BMP": []byte("BM......"), "TIFF": []byte("II*\x00...."), "RIFF": []byte("RIFF....WAVEfmt "), "AVIF": []byte("\x00\x00\x00\x1cftypavif"),
	} {
		if _, err := Small(t.Context(), data, side); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := pngOf(t, drawing(200, 200))
	for _, data := range [][]byte{whole[:len(whole)/2], headerOf(100, 100, 8, 2, 0), jpegOf(t, drawing(100, 100))[:300], webpFile(t, "lossy")[:100]} {
		if _, err := Small(t.Context(), data, side); err == nil {
			t.Error("half a picture was taken")
		}
	}
}

// A WebP has its size in two places. What decodes by the second must not be larger than what was judged by the first.
func TestAWebPOfTwoSizes(t *testing.T) {
	for _, name := range []string{"lossy", "lossless", "alpha"} {
		data := webpFile(t, name)
		data[24], data[27] = 63, 63 // of the canvas
		if _, err := Small(t.Context(), data, side); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}

// Of many at once all come out, and what they took of the budget comes back; the largest that shall be taken are within it.
func TestManyPicturesAtOnce(t *testing.T) {
	data := pngOf(t, image.NewGray(image.Rect(0, 0, 700, 500)))
	const many = 20
	var (
		wg   sync.WaitGroup
		errs [many]error
	)
	for i := range many {
		wg.Go(func() { _, errs[i] = Small(t.Context(), data, side) })
	}
	wg.Wait()
	must(t, errors.Join(errs[:]...))
	if !decoding.TryAcquire(budget) {
		t.Fatal("a part of the budget is gone")
	}
	decoding.Release(budget)
	for _, data := range [][]byte{headerOf(8000, 5000, 8, 6, 1), jpegHeader(8000, 5000, 0xc0), headerOf(8000, 5000, 16, 6, 0)} {
		f, _ := formatOf(data)
		header, err := f.header(bytes.NewReader(data))
		must(t, err)
		if cost := f.cost(header, data) + scalingCost(side); cost > budget {
			t.Errorf("%.8q: %d MiB", data, cost>>20)
		}
	}
}

func TestWhoGivesUpWaitingGetsNothing(t *testing.T) {
	must(t, decoding.Acquire(t.Context(), budget))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Small(ctx, pngOf(t, drawing(100, 100)), side)
	decoding.Release(budget)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzSmall(f *testing.F) {
	for _, data := range [][]byte{
		jpegOf(f, drawing(40, 40)), withSegment(jpegOf(f, drawing(40, 40)), markerAPP1, exif(binary.LittleEndian, 6)), pngOf(f, drawing(40, 40)), gifOf(f, 40, 40),
		webpFile(f, "lossy"), webpFile(f, "lossless"), webpFile(f, "alpha"), headerOf(8000, 5000, 16, 6, 1), jpegHeader(8000, 5000, markerSOF2),
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Small(t.Context(), data, 64)
		if err == nil && (p.Width > 64 || p.Height > 64 || p.Width < 1 || p.Height < 1 || len(p.Data) == 0) {
			t.Errorf("%d × %d, %d bytes", p.Width, p.Height, len(p.Data))
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
