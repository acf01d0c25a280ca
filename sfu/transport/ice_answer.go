package transport

import "github.com/pion/stun/v3"

// answerBinding tells the client the address we saw it at.
func (c *Conn) answerBinding(d *datagram, p *path, creds *credentials) {
	m := c.l.loop.response
	m.Reset()
	m.TransactionID = c.l.loop.request.TransactionID
	m.SetType(stun.BindingSuccess)
	m.WriteHeader()
	addr := stun.XORMappedAddress{IP: d.remote.Addr().AsSlice(), Port: int(d.remote.Port())}
	if addr.AddTo(m) == nil && creds.key.AddTo(m) == nil && stun.Fingerprint.AddTo(m) == nil {
		c.write(p.route.Load(), m.Raw)
	}
}

// answerRoleConflict has the client take the controlling role.
func (c *Conn) answerRoleConflict(d *datagram, creds *credentials) {
	m := c.l.loop.response
	m.Reset()
	m.TransactionID = c.l.loop.request.TransactionID
	m.SetType(stun.BindingError)
	m.WriteHeader()
	if stun.CodeRoleConflict.AddTo(m) == nil && creds.key.AddTo(m) == nil && stun.Fingerprint.AddTo(m) == nil {
		c.write(c.l.socket.newRoute(d.remote, d.local), m.Raw)
	}
}
