package engineio

import (
	"encoding/binary"
	"testing"
)

// clientFrame is a masked frame (RFC 6455, 5.2) with the masking key 0.
func clientFrame(first byte, payload []byte) []byte {
	var b []byte
	switch n := len(payload); {
	case n > 0xffff:
		b = binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, uint64(n))
	case n > 125:
		b = binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(n))
	default:
		b = []byte{first, 0x80 | byte(n)}
	}
	b = append(b, 0, 0, 0, 0)
	return append(b, payload...)
}

func TestFrameMeterCountsFrames(t *testing.T) {
	var stream []byte
	sizes := []int{0, 1, 125, 126, 0, 65535, 65536, 7}
	for _, n := range sizes {
		stream = append(stream, clientFrame(0x01, make([]byte, n))...)
	}
	for _, chunk := range []int{1, 2, 3, 7, 512, len(stream)} {
		var m frameMeter
		frames := 0
		for rest := stream; len(rest) > 0; {
			n := min(chunk, len(rest))
			frames += m.feed(rest[:n])
			rest = rest[n:]
		}
		if frames != len(sizes) || m.skip != 0 || m.have != 0 {
			t.Errorf("in chunks of %d: %d frames, want %d; left over %+v", chunk, frames, len(sizes), m)
		}
	}
}

// FuzzFrameMeter checks that the count does not depend on how the stream is cut.
func FuzzFrameMeter(f *testing.F) {
	f.Add(clientFrame(0x81, []byte("hello")), uint8(1))
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4}, uint8(5))
	f.Add([]byte{0x00, 0x00, 0x00, 0x00}, uint8(3))
	f.Fuzz(func(t *testing.T, stream []byte, cut uint8) {
		var whole, parts frameMeter
		want := whole.feed(stream)
		at := min(int(cut), len(stream))
		if got := parts.feed(stream[:at]) + parts.feed(stream[at:]); got != want || whole != parts {
			t.Fatalf("%d frames in one piece, %d in two", want, got)
		}
		if want > len(stream)/2 {
			t.Fatalf("%d frames in %d bytes", want, len(stream))
		}
	})
}
