package bwe

import (
	"encoding/binary"
	"time"
)

// encodeReport makes a report that begins at number first and tells of arrivals, which ascend. kind 0 packs seven
// statuses in a chunk; 1 makes a run of each; 2 packs fourteen, for which all deltas must be small.
func encodeReport(first int64, arrivals []arrival, kind int) []byte {
	reference := arrivals[0].at / referenceUnit
	clock := reference * referenceUnit
	var symbols []uint8
	var deltas []byte
	for _, a := range arrivals {
		for first+int64(len(symbols)) < a.seq {
			symbols = append(symbols, symbolLost)
		}
		ticks := int64((a.at - clock) / deltaUnit)
		clock += time.Duration(ticks) * deltaUnit
		if ticks >= 0 && ticks <= 255 {
			symbols = append(symbols, symbolSmall)
			deltas = append(deltas, byte(ticks))
		} else {
			symbols = append(symbols, symbolLarge)
			deltas = binary.BigEndian.AppendUint16(deltas, uint16(int16(ticks)))
		}
	}
	b := make([]byte, fixedSize)
	b[0], b[1] = 2<<6|packetFormat, packetType
	binary.BigEndian.PutUint16(b[12:], uint16(first))
	binary.BigEndian.PutUint16(b[14:], uint16(len(symbols)))
	binary.BigEndian.PutUint32(b[16:], uint32(reference)<<8)
	b = append(encodeChunks(b, symbols, kind), deltas...)
	if pad := (4 - len(b)%4) % 4; pad > 0 {
		b[0] |= 0x20
		b = append(b, make([]byte, pad)...)
		b[len(b)-1] = byte(pad)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	return b
}

func encodeChunks(b []byte, symbols []uint8, kind int) []byte {
	for len(symbols) > 0 {
		var chunk uint16
		n := 1
		switch kind {
		case 0:
			n, chunk = min(7, len(symbols)), 3<<14
			for i, s := range symbols[:n] {
				chunk |= uint16(s) << (12 - 2*i)
			}
		case 1:
			for n < len(symbols) && symbols[n] == symbols[0] && n < 0x1fff {
				n++
			}
			chunk = uint16(symbols[0])<<13 | uint16(n)
		case 2:
			n, chunk = min(14, len(symbols)), 2<<14
			for i, s := range symbols[:n] {
				chunk |= uint16(s) << (13 - i)
			}
		}
		b = binary.BigEndian.AppendUint16(b, chunk)
		symbols = symbols[n:]
	}
	return b
}
