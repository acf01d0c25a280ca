package transport

import (
	"encoding/binary"
	"errors"
	"io"
)

// frameHeader is the length in front of each packet, RFC 4571.
const frameHeader = 2

var errFrame = errors.New("ice-tcp: a frame larger than any datagram")

// frameReader cuts a stream into its packets.
type frameReader struct {
	from  io.Reader
	buf   []byte
	start int // of what is not taken yet
	end   int
}

// frameReadBytes lets one read bring several packets.
const frameReadBytes = 4 * (frameHeader + maxDatagram)

func newFrameReader(from io.Reader) *frameReader {
	return &frameReader{from: from, buf: make([]byte, frameReadBytes)}
}

// fill reads until at least one whole frame is there.
func (r *frameReader) fill() error {
	for {
		whole, err := r.whole()
		if whole || err != nil {
			return err
		}
		if r.start > 0 {
			r.end = copy(r.buf, r.buf[r.start:r.end])
			r.start = 0
		}
		n, err := r.from.Read(r.buf[r.end:])
		r.end += n
		if err != nil && n == 0 {
			return err
		}
	}
}

// next takes the next frame, which is valid until fill is called; ok is false when there is no whole one.
func (r *frameReader) next() (packet []byte, ok bool, err error) {
	if ok, err = r.whole(); !ok {
		return nil, false, err
	}
	at := r.start + frameHeader
	r.start = at + r.size()
	return r.buf[at:r.start], true, nil
}

func (r *frameReader) size() int { return int(binary.BigEndian.Uint16(r.buf[r.start:])) }

// whole tells whether a frame is complete; one that would not fit is refused as soon as its header says so.
func (r *frameReader) whole() (bool, error) {
	if r.end-r.start < frameHeader {
		return false, nil
	}
	if r.size() > maxDatagram {
		return false, errFrame
	}
	return r.end-r.start >= frameHeader+r.size(), nil
}

// appendFrame appends a packet with its length.
func appendFrame(to, packet []byte) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(packet))), packet...)
}
