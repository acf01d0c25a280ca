package transport

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// readFrames reads a stream to its end.
func readFrames(from io.Reader) (packets [][]byte, err error) {
	r := newFrameReader(from)
	for {
		p, ok, err := r.next()
		if err != nil {
			return packets, err
		}
		if ok {
			packets = append(packets, bytes.Clone(p))
			continue
		}
		if err := r.fill(); err != nil {
			return packets, err
		}
	}
}

func TestFramesOfEverySize(t *testing.T) {
	var stream []byte
	var want [][]byte
	for size := 0; size <= maxDatagram; size += 1 + size/9 {
		p := bytes.Repeat([]byte{byte(size)}, size)
		want = append(want, p)
		stream = appendFrame(stream, p)
	}
	for name, from := range map[string]io.Reader{
		"whole":         bytes.NewReader(stream),
		"byte by byte":  iotest.OneByteReader(bytes.NewReader(stream)),
		"end with data": iotest.DataErrReader(bytes.NewReader(stream)),
	} {
		got, err := readFrames(from)
		if err != io.EOF || len(got) != len(want) {
			t.Fatalf("%s: %d frames and %v, want %d", name, len(got), err, len(want))
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				t.Errorf("%s: frame %d has %d bytes, want %d", name, i, len(got[i]), len(want[i]))
			}
		}
	}
	if _, err := readFrames(bytes.NewReader(append(stream, 0x08, 0x01))); !errors.Is(err, errFrame) {
		t.Errorf("a frame of %d bytes: %v", maxDatagram+1, err)
	}
}

// FuzzFrames checks that however a stream is cut into reads, its frames are the same.
func FuzzFrames(f *testing.F) {
	f.Add(appendFrame(appendFrame(nil, []byte("one")), []byte("two")))
	f.Add([]byte{0, 0, 0, 0, 8, 0, 1})
	f.Add([]byte{0xff, 0xff, 1, 2})
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, wholeErr := readFrames(bytes.NewReader(stream))
		pieces, piecesErr := readFrames(iotest.HalfReader(iotest.OneByteReader(bytes.NewReader(stream))))
		if len(whole) != len(pieces) || errors.Is(wholeErr, errFrame) != errors.Is(piecesErr, errFrame) {
			t.Fatalf("%d frames and %v at once, %d and %v in pieces", len(whole), wholeErr, len(pieces), piecesErr)
		}
		var again []byte
		for i, p := range whole {
			if !bytes.Equal(p, pieces[i]) {
				t.Fatalf("frame %d differs", i)
			}
			again = appendFrame(again, p)
		}
		if !bytes.HasPrefix(stream, again) {
			t.Fatal("the frames are not what the stream has")
		}
	})
}
