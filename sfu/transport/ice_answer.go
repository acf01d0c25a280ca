package transport

import "github.com/pion/stun/v3"

// answerBinding tells the client the address we saw it at.
func (w *worker) answerBinding(d *datagram, p *path, creds *credentials) {
	m := w.response
	m.Reset()
	m.TransactionID = w.request.TransactionID
	m.SetType(stun.BindingSuccess)
	m.WriteHeader()
	addr := stun.XORMappedAddress{IP: d.remote.Addr().AsSlice(), Port: int(d.remote.Port())}
	if addr.AddTo(m) == nil && creds.key.AddTo(m) == nil && stun.Fingerprint.AddTo(m) == nil {
		w.answer(p.route.Load(), m.Raw)
	}
}

// answerRoleConflict has the client take the controlling role.
func (w *worker) answerRoleConflict(d *datagram, creds *credentials) {
	m := w.response
	m.Reset()
	m.TransactionID = w.request.TransactionID
	m.SetType(stun.BindingError)
	m.WriteHeader()
	if stun.CodeRoleConflict.AddTo(m) == nil && creds.key.AddTo(m) == nil && stun.Fingerprint.AddTo(m) == nil {
		w.answer(w.routeTo(d), m.Raw)
	}
}

// answer sends what needs no seal, with the batch.
func (w *worker) answer(r *route, data []byte) {
	if r.link != nil {
		_ = w.l.sendLink(r, data)
		return
	}
	if !r.admits(len(data)) {
		return
	}
	room := w.batch.room()
	var alone lastMessage
	w.batch.add(&alone, r, r.putHead(room, copy(room[r.head():], data)))
}
