package codec

import (
	"bytes"
	"testing"
)

func TestRED(t *testing.T) {
	two := []byte{0x80 | 111, 960 >> 6, 960 & 0x3f << 2, 3, 111, 'o', 'l', 'd', 'n', 'e', 'w'}
	three := []byte{0x80 | 111, 1920 >> 6, 1920 & 0x3f << 2, 1, 0x80 | 111, 960 >> 6, 960 & 0x3f << 2, 2, 111, 'a', 'b', 'b', 'c'}
	for _, tt := range []struct {
		name    string
		payload []byte
		frames  []string
		offsets []uint32
	}{
		{"alone", []byte{111, 'x', 'y'}, []string{"xy"}, []uint32{0}},
		{"with the one before", two, []string{"old", "new"}, []uint32{960, 0}},
		{"with two before", three, []string{"a", "bb", "c"}, []uint32{1920, 960, 0}},
		{"its own is empty", two[:8], []string{"old", ""}, []uint32{960, 0}},
	} {
		r, ok := ParseRED(tt.payload)
		if !ok || r.Redundant() != len(tt.frames)-1 || !r.Only(111) || r.Only(110) {
			t.Fatalf("%s: %+v %v", tt.name, r, ok)
		}
		for i, want := range tt.frames {
			if got, offset := r.Block(tt.payload, i); string(got) != want || offset != tt.offsets[i] {
				t.Errorf("%s: block %d is %q, %d before", tt.name, i, got, offset)
			}
		}
		again := append(r.AppendHeader(nil, 109), tt.payload[r.HeaderSize():]...)
		if r, ok := ParseRED(again); !ok || !r.Only(109) || len(again) != len(tt.payload) {
			t.Errorf("%s: with another payload type %v", tt.name, again)
		}
	}
	many := append(bytes.Repeat([]byte{0x80 | 111, 0, 0, 0}, REDMaxBlocks), 111)
	for name, payload := range map[string][]byte{
		"empty": nil, "cut off": two[:3], "no header of its own": two[:4], "promises more": two[:7], "too many": many,
	} {
		if r, ok := ParseRED(payload); ok {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if _, ok := ParseRED(many[4:]); !ok {
		t.Error("as many as may be are refused")
	}
}

func FuzzRED(f *testing.F) {
	f.Add([]byte{0x80 | 111, 15, 0, 3, 111, 'o', 'l', 'd', 'n', 'e', 'w'})
	f.Add([]byte{111})
	f.Fuzz(func(t *testing.T, payload []byte) {
		r, ok := ParseRED(payload)
		if !ok {
			return
		}
		size := r.HeaderSize()
		for i := range r.Redundant() + 1 {
			frame, offset := r.Block(payload, i)
			size += len(frame)
			if offset >= 1<<14 {
				t.Fatalf("offset %d", offset)
			}
		}
		if size != len(payload) {
			t.Fatalf("blocks of %d bytes in %d", size, len(payload))
		}
		header := r.AppendHeader(nil, payload[0]&0x7f)
		if len(header) != r.HeaderSize() || len(header) > REDMaxHeader || r.Only(payload[0]&0x7f) && !bytes.Equal(header, payload[:len(header)]) {
			t.Fatalf("the header % x is written as % x", payload[:r.HeaderSize()], header)
		}
	})
}
