package codec

import (
	"bytes"
	"testing"
)

func TestParseNames(t *testing.T) {
	for in, want := range map[string]Name{"opus": Opus, "OPUS": Opus, "vp8": VP8, "VP9": VP9, "H264": H264, "av1": AV1,
		"red": RED, "unknown": Unknown, "": Unknown, "ulpfec": Unknown} {
		if got := Parse(in); got != want {
			t.Errorf("Parse(%q) = %v, want %v", in, got, want)
		}
	}
}

// vp8Key is the start of a key frame of 640x360 as Chromium sends it: X, S; I, L, T, K; 15-bit id 4660; TL0 9; TID 0,
// Y, KEYIDX 5.
var vp8Key = []byte{0x90, 0xf0, 0x92, 0x34, 9, 0x25, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01}

func TestVP8(t *testing.T) {
	d, ok := Describe(VP8, vp8Key)
	if !ok || !d.KeyStart || !d.KeyFrame || d.Width != 640 || d.Height != 360 {
		t.Fatalf("key frame: %+v %v", d, ok)
	}
	want := VP8Descriptor{Size: 6, First: 0x90, HasPictureID: true, LongID: true, PictureID: 0x1234, HasTL0: true, TL0: 9,
		HasTID: true, Sync: true, HasKeyIndex: true, KeyIndex: 5}
	if d.VP8 != want {
		t.Fatalf("descriptor %+v, want %+v", d.VP8, want)
	}
	if got := d.VP8.AppendTo(nil); !bytes.Equal(got, vp8Key[:6]) {
		t.Fatalf("written %x, want %x", got, vp8Key[:6])
	}

	tests := []struct {
		name      string
		payload   []byte
		ok, start bool
		temporal  uint8
		size      uint8
	}{
		{"minimal, delta frame", []byte{0x10, 0x01}, true, false, 0, 1},
		{"minimal, key frame", []byte{0x10, 0x00}, true, true, 0, 1},
		{"key frame, later packet", []byte{0x00, 0x00}, true, false, 0, 1},
		{"key frame, second partition", []byte{0x11, 0x00}, true, false, 0, 1},
		{"short id", []byte{0x90, 0x80, 0x17, 0x01}, true, false, 0, 3},
		{"temporal layer 2", []byte{0x90, 0x20, 0x80, 0x01}, true, false, 2, 3},
		{"ends after the descriptor", []byte{0x10}, false, false, 0, 1},
		{"ends in the extension", []byte{0x80}, false, false, 0, 0},
		{"ends in the id", []byte{0x80, 0x80}, false, false, 0, 0},
		{"ends in the long id", []byte{0x80, 0x80, 0x80}, false, false, 0, 0},
		{"ends in TL0", []byte{0x80, 0x40}, false, false, 0, 0},
		{"ends in TID", []byte{0x80, 0x20}, false, false, 0, 0},
		{"empty", nil, false, false, 0, 0},
	}
	for _, tt := range tests {
		d, ok := Describe(VP8, tt.payload)
		if ok != tt.ok || d.KeyStart != tt.start || d.Temporal != tt.temporal || ok && d.VP8.Size != tt.size {
			t.Errorf("%s: %+v %v", tt.name, d, ok)
		}
	}
}

func TestVP9(t *testing.T) {
	tests := []struct {
		name              string
		payload           []byte
		ok, start         bool
		spatial, temporal uint8
		width, height     uint16
	}{
		{"key frame with structure of two layers", []byte{0xaa, 0x81, 0x23, 0x00, 0x07, 0x30, 1, 64, 0, 180, 2, 128, 1, 104, 0xff}, true, true, 0, 0, 640, 360},
		{"delta frame", []byte{0xc8, 0x81, 0x23, 0xff}, true, false, 0, 0, 0, 0},
		{"upper layer of a key frame", []byte{0xa8, 0x01, 0x22, 0x07, 0xff}, true, false, 1, 1, 0, 0},
		{"flexible with references", []byte{0xd8, 0x01, 0x03, 0x02, 0xff}, true, false, 0, 0, 0, 0},
		{"ends in the references", []byte{0xd8, 0x01, 0x03}, false, false, 0, 0, 0, 0},
		{"ends in the sizes", []byte{0x8a, 0x01, 0x30, 1, 64}, false, true, 0, 0, 0, 0},
	}
	for _, tt := range tests {
		d, ok := Describe(VP9, tt.payload)
		if ok != tt.ok || d.KeyStart != tt.start || d.Spatial != tt.spatial || d.Temporal != tt.temporal || d.Width != tt.width || d.Height != tt.height {
			t.Errorf("%s: %+v %v", tt.name, d, ok)
		}
	}
}

// Parameter sets of 1280x720 in the high profile, with emulation prevention bytes in its timing, and of 640x360 in the
// baseline profile, cropped from 368 lines.
var (
	spsHigh720     = []byte{0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0xc0, 0xf1, 0x83, 0x19, 0x60}
	spsBaseline360 = []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x50}
)

func TestH264(t *testing.T) {
	stap := func(units ...[]byte) []byte {
		out := []byte{0x78}
		for _, u := range units {
			out = append(out, byte(len(u)>>8), byte(len(u)))
			out = append(out, u...)
		}
		return out
	}
	tests := []struct {
		name          string
		payload       []byte
		ok, start     bool
		width, height uint16
	}{
		{"high profile parameter set", spsHigh720, true, true, 1280, 720},
		{"parameter sets in a STAP-A", stap(spsHigh720, []byte{0x68, 1, 2}), true, true, 1280, 720},
		{"picture parameters only", []byte{0x68, 1, 2}, true, false, 0, 0},
		{"IDR", []byte{0x65, 1, 2}, true, true, 0, 0},
		{"slice", []byte{0x61, 1, 2}, true, false, 0, 0},
		{"FU-A, start of an IDR", []byte{0x7c, 0x85, 1}, true, true, 0, 0},
		{"FU-A, middle of an IDR", []byte{0x7c, 0x05, 1}, true, false, 0, 0},
		{"FU-A cut", []byte{0x7c}, false, false, 0, 0},
		{"STAP-A with a lying size", []byte{0x78, 0x00, 0x09, 0x67}, false, false, 0, 0},
		{"STAP-A with an empty unit", []byte{0x78, 0x00, 0x00}, false, false, 0, 0},
		{"reserved type", []byte{0x1f}, false, false, 0, 0},
		{"parameter set cut", spsHigh720[:6], true, true, 0, 0},
	}
	for _, tt := range tests {
		d, ok := Describe(H264, tt.payload)
		if ok != tt.ok || ok && (d.KeyStart != tt.start || d.Width != tt.width || d.Height != tt.height) {
			t.Errorf("%s: %+v %v", tt.name, d, ok)
		}
	}
	if w, h, ok := spsSize(spsBaseline360[1:]); !ok || w != 640 || h != 360 {
		t.Errorf("baseline parameter set: %dx%d %v", w, h, ok)
	}
}

func TestAV1AndOpaque(t *testing.T) {
	if d, ok := Describe(AV1, []byte{0x18, 0x0a, 0x0b}); !ok || !d.KeyStart {
		t.Errorf("start of a sequence: %+v %v", d, ok)
	}
	if d, ok := Describe(AV1, []byte{0x10, 0x32}); !ok || d.KeyStart {
		t.Errorf("later frame: %+v %v", d, ok)
	}
	for _, p := range [][]byte{{0x18}, {0x98, 0x0a}} {
		if _, ok := Describe(AV1, p); ok {
			t.Errorf("%x was accepted", p)
		}
	}
	for _, n := range []Name{Opus, RED, Unknown} {
		if d, ok := Describe(n, []byte{1}); !ok || d.KeyStart {
			t.Errorf("%v: %+v %v", n, d, ok)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	for _, p := range [][]byte{vp8Key, spsHigh720, spsBaseline360, {0xaa, 0x81, 0x23, 0x07, 0x30, 1, 64}, {0x18, 0x0a}} {
		for n := range names {
			f.Add(uint8(n), p)
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, p []byte) {
		before := bytes.Clone(p)
		d, ok := Describe(Name(n), p)
		if !bytes.Equal(before, p) {
			t.Fatal("Describe changed the payload")
		}
		if d.KeyStart && !d.KeyFrame {
			t.Fatal("the start of a key frame is part of one")
		}
		if ok && Name(n) == VP9 {
			again, readable := parseVP9(d.VP9.AppendTo(nil))
			want := d.VP9
			want.Size, want.LongID = again.Size, again.LongID
			if !readable || again != want {
				t.Fatalf("wrote %+v, read %+v", d.VP9, again)
			}
		}
		if ok && d.Spatial >= MaxSpatial || ok && d.Temporal >= MaxTemporal {
			t.Fatalf("layers %d and %d", d.Spatial, d.Temporal)
		}
		if Name(n) != VP8 || !ok {
			return
		}
		if int(d.VP8.Size) >= len(p) {
			t.Fatalf("descriptor of %d bytes in a payload of %d", d.VP8.Size, len(p))
		}
		// Written and read again it is the same, but for the width of the picture id.
		again, ok := parseVP8(append(d.VP8.AppendTo(nil), 0))
		want := d.VP8
		want.Size, want.LongID, want.First = again.Size, again.LongID, again.First
		if !ok || again != want {
			t.Fatalf("wrote %+v, read %+v", d.VP8, again)
		}
	})
}
