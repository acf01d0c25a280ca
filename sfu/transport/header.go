package transport

import (
	"encoding/binary"
	"time"
)

const (
	// maxDescriptor is the most that a two-byte header extension can carry.
	maxDescriptor = 255

	profileOneByte = 0xBEDE // RFC 8285 section 4.2
	profileTwoByte = 0x1000 // RFC 8285 section 4.3
)

// writeHeader writes p's RTP header with the transport's extensions into b and returns its length.
func (o *outbound) writeHeader(b []byte, p *Packet, ext *Extensions, now time.Time) int {
	b[0] = 2 << 6
	b[1] = p.PayloadType & 0x7f
	if p.Marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], p.Sequence)
	binary.BigEndian.PutUint32(b[4:], p.Timestamp)
	binary.BigEndian.PutUint32(b[8:], p.SSRC)
	n := 12
	if p.Source != 0 {
		b[0] |= 1
		binary.BigEndian.PutUint32(b[n:], p.Source)
		n += 4
	}
	end := o.writeExtensions(b, n, p, ext, now)
	if end > n {
		b[0] |= 1 << 4
	}
	return end
}

// writePadding adds p's padding to the packet in buf at n (RFC 3550 section 5.1) and returns where it ends.
func writePadding(buf []byte, p *Packet, n int) int {
	if p.Padding == 0 {
		return n
	}
	buf[0] |= 1 << 5
	end := n + int(p.Padding)
	clear(buf[n:end])
	buf[end-1] = p.Padding
	return end
}

// writeExtensions writes the extension block at n, if any extension is to be sent, and returns where it ends.
func (o *outbound) writeExtensions(b []byte, n int, p *Packet, ext *Extensions, now time.Time) int {
	w := extensionWriter{buf: b, start: n, n: n + 4}
	descriptor := p.DependencyDescriptor
	if ext.DependencyDescriptor == 0 {
		descriptor = nil
	}
	w.twoByte = len(descriptor) > 16
	if ext.TransportCC != 0 {
		o.next++
		binary.BigEndian.PutUint16(w.add(ext.TransportCC, 2), o.next)
	}
	if ext.AbsSendTime != 0 {
		v := absSendTime(now)
		d := w.add(ext.AbsSendTime, 3)
		d[0], d[1], d[2] = byte(v>>16), byte(v>>8), byte(v)
	}
	if p.HasAudioLevel && ext.AudioLevel != 0 {
		w.add(ext.AudioLevel, 1)[0] = p.AudioLevel
	}
	if p.HasVideoOrientation && ext.VideoOrientation != 0 {
		w.add(ext.VideoOrientation, 1)[0] = p.VideoOrientation
	}
	if len(descriptor) > 0 {
		copy(w.add(ext.DependencyDescriptor, len(descriptor)), descriptor)
	}
	return w.finish()
}

// extensionWriter writes one RFC 8285 block.
type extensionWriter struct {
	buf     []byte
	start   int // of the block's own header
	n       int
	twoByte bool
}

// add writes an element's header and returns the place of its size bytes.
func (w *extensionWriter) add(id uint8, size int) []byte {
	if w.twoByte {
		w.buf[w.n], w.buf[w.n+1] = id, byte(size)
		w.n += 2
	} else {
		w.buf[w.n] = id<<4 | byte(size-1)
		w.n++
	}
	place := w.buf[w.n : w.n+size]
	w.n += size
	return place
}

// finish pads to a word and writes the block's header; with nothing added there is no block.
func (w *extensionWriter) finish() int {
	if w.n == w.start+4 {
		return w.start
	}
	for w.n%4 != 0 {
		w.buf[w.n] = 0
		w.n++
	}
	profile := uint16(profileOneByte)
	if w.twoByte {
		profile = profileTwoByte
	}
	binary.BigEndian.PutUint16(w.buf[w.start:], profile)
	binary.BigEndian.PutUint16(w.buf[w.start+2:], uint16((w.n-w.start-4)/4))
	return w.n
}

// absSendTime is the time modulo 64 s in 6.18 fixed point.
func absSendTime(t time.Time) uint32 {
	const second = int64(time.Second)
	ns := t.UnixNano() % (64 * second)
	return uint32(ns<<18/second) & 0xffffff
}

// headerSize is the length of an RTP header with its sources and extensions; ok is false when the packet is shorter.
func headerSize(packet []byte) (size int, ok bool) {
	if len(packet) < 12 {
		return 0, false
	}
	size = 12 + 4*int(packet[0]&0x0f)
	if packet[0]&0x10 != 0 {
		if len(packet) < size+4 {
			return 0, false
		}
		size += 4 + 4*int(binary.BigEndian.Uint16(packet[size+2:]))
	}
	return size, len(packet) >= size
}

// findExtension returns an element of the header's extensions, RFC 8285; nil when it is not there.
func findExtension(header []byte, id uint8) []byte {
	if header[0]&0x10 == 0 {
		return nil
	}
	n := 12 + 4*int(header[0]&0x0f)
	profile, rest := binary.BigEndian.Uint16(header[n:]), header[n+4:]
	twoByte := profile&0xfff0 == profileTwoByte
	if !twoByte && profile != profileOneByte {
		return nil
	}
	for len(rest) > 1 {
		if rest[0] == 0 { // padding
			rest = rest[1:]
			continue
		}
		got, size, head := rest[0]>>4, int(rest[0]&0x0f)+1, 1
		if twoByte {
			got, size, head = rest[0], int(rest[1]), 2
		}
		if len(rest) < head+size || !twoByte && (got == 0 || got == 15) { // 15 ends the list
			return nil
		}
		if got == id {
			return rest[head : head+size]
		}
		rest = rest[head+size:]
	}
	return nil
}
