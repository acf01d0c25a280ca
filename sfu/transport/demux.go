package transport

// receive carries one datagram to whom it is for. RFC 7983 section 7: the first byte tells the protocol.
func (l *Listener) receive(d *datagram) {
	l.counters.packetsIn.Add(1)
	l.counters.bytesIn.Add(uint64(len(d.data)))
	if d.truncated {
		l.counters.drop(dropTruncated)
		return
	}
	if len(d.data) == 0 {
		l.counters.drop(dropGarbage)
		return
	}
	switch first := d.data[0]; {
	case first < 4:
		l.receiveSTUN(d)
	case first >= 20 && first < 64:
		if p := l.pathOf(d); p != nil {
			p.conn.receiveDTLS(p, d.data)
		}
	case first >= 128 && first < 192:
		if p := l.pathOf(d); p != nil {
			l.receiveMedia(p.conn, d.data)
		}
	default:
		l.counters.drop(dropGarbage)
	}
}

// receiveMedia tells RTP from RTCP. RFC 5761 section 4: by the packet type, 192 to 223 is RTCP.
func (l *Listener) receiveMedia(c *Conn, data []byte) {
	switch {
	case len(data) < 8:
		l.counters.drop(dropRTPMalformed)
	case data[1] >= 192 && data[1] < 224:
		c.receiveRTCP(data, l.loop.now)
	default:
		c.receiveRTP(data, l.loop.now)
	}
}

// pathOf finds the client that validated this remote address with a connectivity check.
func (l *Listener) pathOf(d *datagram) *path {
	l.mu.RLock()
	p := l.byAddr[d.remote]
	l.mu.RUnlock()
	if p == nil {
		l.counters.drop(dropUnknownAddress)
	}
	return p
}
