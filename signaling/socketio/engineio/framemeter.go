package engineio

// frameMeter counts the WebSocket frames in a byte stream from a client (RFC 6455, 5.2). The WebSocket library joins
// fragments and answers control frames by itself, so only here can a flood of either be seen.
type frameMeter struct {
	skip   uint64 // bytes of masking key and payload still to come
	header [10]byte
	have   uint8
}

// feed returns how many frame headers were completed by p.
func (m *frameMeter) feed(p []byte) int {
	frames := 0
	for len(p) > 0 {
		if m.skip > 0 {
			n := min(m.skip, uint64(len(p)))
			m.skip -= n
			p = p[n:]
			continue
		}
		m.header[m.have] = p[0]
		m.have++
		p = p[1:]
		if int(m.have) == m.headerLength() {
			m.skip = m.remaining()
			m.have = 0
			frames++
		}
	}
	return frames
}

// headerLength is the length of the header without the masking key, as far as it is known.
func (m *frameMeter) headerLength() int {
	if m.have < 2 {
		return 2
	}
	switch m.header[1] & 0x7f {
	case 126:
		return 4
	case 127:
		return 10
	default:
		return 2
	}
}

func (m *frameMeter) remaining() uint64 {
	var n uint64
	switch length := m.header[1] & 0x7f; length {
	case 126:
		n = uint64(m.header[2])<<8 | uint64(m.header[3])
	case 127:
		for _, b := range m.header[2:] {
			n = n<<8 | uint64(b)
		}
		n &= 1<<63 - 1 // the highest bit must be 0; without it the sum below cannot wrap
	default:
		n = uint64(length)
	}
	if m.header[1]&0x80 != 0 {
		n += 4
	}
	return n
}
