package transport

// receive carries one datagram to whom it is for. RFC 7983 section 7: the first byte tells the protocol.
func (w *worker) receive(d *datagram) {
	l := w.l
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
		w.receiveSTUN(d)
	case first >= 20 && first < 64:
		if p := l.pathOf(d); p != nil {
			p.conn.receiveDTLS(p, d.data)
		}
	case first >= 128 && first < 192:
		if p := l.pathOf(d); p != nil {
			p.conn.receiveMedia(w, d.data)
		}
	default:
		l.counters.drop(dropGarbage)
	}
}

// pathOf finds the client that validated this remote address with a connectivity check.
func (l *Listener) pathOf(d *datagram) *path {
	p := l.byAddr.find(d.remote)
	if p == nil {
		l.counters.drop(dropUnknownAddress)
	}
	return p
}
