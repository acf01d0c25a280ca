package engineio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
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

// readFrames takes a stream apart that comes in pieces of a size, and describes what it brought.
func readFrames(stream []byte, size, limit int) (told []string, err error) {
	var r frameReader
	var rest []byte
	for len(stream) > 0 {
		n := min(size, len(stream))
		rest, stream = append(rest, stream[:n]...), stream[n:]
		for {
			got, used, err := r.next(rest, limit)
			if err != nil {
				return told, err
			}
			if used == 0 {
				break
			}
			rest = rest[used:]
			told = append(told, fmt.Sprintf("%x %q", got.opcode, got.data))
		}
	}
	return told, nil
}

func TestFramesHoweverTheyCome(t *testing.T) {
	long, longer := bytes.Repeat([]byte("x"), 126), bytes.Repeat([]byte("y"), 65536)
	masked := []byte{0x81, 0x8b, 1, 2, 3, 4, 'h' ^ 1, 'e' ^ 2, 'l' ^ 3, 'l' ^ 4, 'o' ^ 1, ' ' ^ 2, 'y' ^ 3, 'o' ^ 4, 'u' ^ 1, ' ' ^ 2, '!' ^ 3}
	stream := slices.Concat(
		clientFrame(0x81, nil), clientFrame(0x82, long), masked, clientFrame(0x81, longer),
		clientFrame(0x01, []byte("in ")), clientFrame(0x89, []byte("there?")), clientFrame(0x00, []byte("three ")),
		clientFrame(0x8a, nil), clientFrame(0x80, []byte("parts")), clientFrame(0x88, []byte{3, 232}),
	)
	want := []string{
		`1 ""`, fmt.Sprintf("2 %q", long), `1 "hello you !"`, fmt.Sprintf("1 %q", longer),
		`0 ""`, `9 "there?"`, `0 ""`, `a ""`, `1 "in three parts"`, `8 "\x03\xe8"`,
	}
	for _, size := range []int{1, 2, 3, 7, 512, len(stream)} {
		told, err := readFrames(bytes.Clone(stream), size, len(longer))
		if err != nil || !slices.Equal(told, want) {
			t.Errorf("in pieces of %d: %.300q, %v", size, told, err)
		}
	}
}

func TestFramesThatAreNone(t *testing.T) {
	huge := []byte{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	for name, tt := range map[string]struct {
		stream []byte
		err    error
	}{
		"not masked":                {[]byte{0x81, 1}, errFrame},
		"an extension":              {[]byte{0xc1, 0x80}, errFrame},
		"an unknown opcode":         {[]byte{0x83, 0x80}, errFrame},
		"an unknown control opcode": {[]byte{0x8b, 0x80}, errFrame},
		"a fragment of a ping":      {[]byte{0x09, 0x80}, errFrame},
		"a long ping":               {[]byte{0x89, 0xfe}, errFrame},
		"a fragment of nothing":     {clientFrame(0x80, nil), errFrame},
		"a message within another":  {append(clientFrame(0x01, nil), clientFrame(0x81, nil)...), errFrame},
		"too large":                 {clientFrame(0x81, make([]byte, 101))[:8], errMessageTooLarge},
		"too large together":        {append(clientFrame(0x01, make([]byte, 60)), clientFrame(0x80, make([]byte, 41))[:6]...), errMessageTooLarge},
		"the largest":               {huge, errMessageTooLarge},
	} {
		if told, err := readFrames(tt.stream, 1, 100); !errors.Is(err, tt.err) {
			t.Errorf("%s: %q, %v", name, told, err)
		}
	}
}

func TestCloseCodes(t *testing.T) {
	for code, valid := range map[uint16]bool{
		0: false, 999: false, 1000: true, 1003: true, 1004: false, 1005: false, 1006: false, 1007: true, 1014: true, 1015: false,
		2999: false, 3000: true, 4999: true, 5000: false,
	} {
		if got, err := closeCode(binary.BigEndian.AppendUint16(nil, code)); (err == nil) != valid || valid && got != int(code) {
			t.Errorf("%d: %d, %v", code, got, err)
		}
	}
	if code, err := closeCode(nil); code != 1005 || err != nil {
		t.Errorf("without a code: %d, %v", code, err)
	}
	if _, err := closeCode([]byte{3}); err == nil {
		t.Error("half a code")
	}
}

// FuzzFrames checks that what a stream brings does not depend on how it is cut, and is not more than it holds.
func FuzzFrames(f *testing.F) {
	f.Add(clientFrame(0x81, []byte("hello")), uint8(1))
	f.Add(append(clientFrame(0x01, []byte("a")), clientFrame(0x80, []byte("b"))...), uint8(3))
	f.Add([]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4}, uint8(5))
	f.Add([]byte{0x00, 0x00, 0x00, 0x00}, uint8(3))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		const limit = 1000
		whole, err := readFrames(bytes.Clone(stream), max(1, len(stream)), limit)
		parts, partsErr := readFrames(bytes.Clone(stream), max(1, int(size)), limit)
		if !slices.Equal(whole, parts) || !errors.Is(partsErr, err) {
			t.Fatalf("in one piece %q, %v; in several %q, %v", whole, err, parts, partsErr)
		}
		if len(whole) > len(stream)/6 {
			t.Fatalf("%d frames in %d bytes", len(whole), len(stream))
		}
	})
}
