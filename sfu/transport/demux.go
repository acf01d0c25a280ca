package transport

import "net/netip"

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
	case first >= 64 && first < 80:
		w.turn(d, dropGarbage)
	case first >= 128 && first < 192:
		if p := l.pathOf(d); p != nil {
			p.conn.receiveMedia(w, p, d.data)
		}
	default:
		l.counters.drop(dropGarbage)
	}
}

// pathOf finds the client that validated this remote address with a connectivity check.
func (l *Listener) pathOf(d *datagram) *path {
	p := l.find(d)
	if p == nil {
		l.counters.drop(dropUnknownAddress)
	}
	return p
}

// find is the path of a datagram's remote address, or of the link that it came along: a datagram of the socket is never
// taken for one of a link, whatever address it claims to come from.
func (l *Listener) find(d *datagram) *path {
	if d.link != nil {
		return l.byAddr.findLink(d.link)
	}
	return l.byAddr.find(d.remote)
}

// turn hands a datagram to the TURN server; where there is none it is dropped for the reason given.
func (w *worker) turn(d *datagram, reason dropReason) {
	if w.l.cfg.TURN == nil || d.link != nil {
		w.l.counters.drop(reason)
		return
	}
	w.l.cfg.TURN.HandleTURN(w, d.remote, netip.AddrPortFrom(d.local, w.socket.localAddr().Port()), d.data)
}
