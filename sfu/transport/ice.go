package transport

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v3"
)

// ICE-lite, RFC 8445: the client finds the way and we only answer. A binding request that proves knowledge of our
// password validates the address it came from; USE-CANDIDATE in one makes that address the one that media goes to. The
// client is always the controlling side.
//
// A request proves who wrote it and not where it came from: a copy with a forged source would draw the media to a
// stranger. So while authentic media comes by the present path another one must carry some, too, before media moves there;
// SRTP knows a copy when it sees one.

// path is a remote address that a client has validated.
type path struct {
	conn      *Conn
	remote    netip.AddrPort
	link      Link                  // that it is, when it is no address of the socket's
	route     atomic.Pointer[route] // replaced when the client reaches us by another of our addresses
	validated atomic.Int64          // when last, Unix nanoseconds
	media     atomic.Int64          // when authentic media came last, Unix nanoseconds
}

// credentials are both halves of one generation of ICE.
type credentials struct {
	localUfrag, localPassword string
	remoteUfrag               string
	userName                  string // what the client's requests carry: "local:remote"
	key                       stun.MessageIntegrity
}

func newCredentials(localUfrag, localPassword, remoteUfrag string) *credentials {
	return &credentials{
		localUfrag: localUfrag, localPassword: localPassword, remoteUfrag: remoteUfrag,
		userName: localUfrag + ":" + remoteUfrag,
		key:      stun.NewShortTermIntegrity(localPassword),
	}
}

// bindingRequest is what we use of one, as far as MESSAGE-INTEGRITY covers it.
type bindingRequest struct {
	userName             []byte
	useCandidate         bool
	controlled           bool
	integrity, hasPrints bool
}

// receiveSTUN answers authenticated binding requests. All else is dropped without a word: an answer to a stranger would
// only serve to flood someone.
func (w *worker) receiveSTUN(d *datagram) {
	l, m := w.l, w.request
	if !stun.IsMessage(d.data) {
		l.counters.drop(dropGarbage)
		return
	}
	if !isBinding(d.data) {
		w.turn(d, dropSTUNMalformed)
		return
	}
	_, err := m.Write(d.data)
	whole := err == nil && int(m.Length)+20 == len(m.Raw)
	if whole && m.Type == stun.BindingSuccess && l.discovery.takeAnswer(d, m) {
		return
	}
	if !whole || m.Type != stun.BindingRequest {
		l.counters.drop(dropSTUNMalformed)
		return
	}
	req := readBindingRequest(m)
	if req.hasPrints && stun.Fingerprint.Check(m) != nil {
		l.counters.drop(dropSTUNMalformed)
		return
	}
	if len(req.userName) == 0 {
		w.turn(d, dropUnknownUfrag)
		return
	}
	c, creds := l.findUser(req.userName)
	if c == nil {
		l.counters.drop(dropUnknownUfrag)
		return
	}
	if !req.integrity || string(req.userName) != creds.userName || creds.key.Check(m) != nil {
		l.counters.drop(dropSTUNIntegrity)
		return
	}
	// RFC 8445 section 7.3.1.1: we cannot be the controlling side, so a client that thinks it is controlled must switch.
	if req.controlled {
		w.answerRoleConflict(d, creds)
		return
	}
	p := w.validate(c, d)
	if p == nil {
		l.counters.drop(dropAddressTaken)
		return
	}
	c.heard(w.now)
	w.answerBinding(d, p, creds)
	c.useCredentials(creds)
	if req.useCandidate {
		c.nominate(p, w.now)
	}
}

// isBinding tells whether a STUN message's method is Binding, whatever its class. RFC 8489 section 5.
func isBinding(data []byte) bool { return binary.BigEndian.Uint16(data)&^0x0110 == 0x0001 }

// readBindingRequest stops at MESSAGE-INTEGRITY: what follows it anyone on the way could have added.
func readBindingRequest(m *stun.Message) (r bindingRequest) {
	for _, a := range m.Attributes {
		switch {
		case a.Type == stun.AttrFingerprint:
			r.hasPrints = true
		case r.integrity:
		case a.Type == stun.AttrMessageIntegrity:
			r.integrity = true
		case a.Type == stun.AttrUsername:
			r.userName = a.Value
		case a.Type == stun.AttrUseCandidate:
			r.useCandidate = true
		case a.Type == stun.AttrICEControlled:
			r.controlled = true
		}
	}
	return r
}

// findUser looks up the client by our half of the user name.
func (l *Listener) findUser(userName []byte) (*Conn, *credentials) {
	for i, b := range userName {
		if b != ':' {
			continue
		}
		l.mu.RLock()
		c := l.byUfrag[string(userName[:i])]
		l.mu.RUnlock()
		if c == nil {
			return nil, nil
		}
		for _, creds := range *c.credentials.Load() {
			if creds.localUfrag == string(userName[:i]) {
				return c, creds
			}
		}
		return nil, nil
	}
	return nil, nil
}

// validate enters the datagram's remote address as one of c's. An address that another client lives behind stays that
// client's: STUN proves who sent it, but its source address can be forged.
func (w *worker) validate(c *Conn, d *datagram) *path {
	l := w.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.conns[c]; !ok {
		return nil
	}
	now := w.now.UnixNano()
	if p := l.find(d); p != nil {
		if p.conn == c {
			p.validated.Store(now)
			if p.link == nil && p.route.Load().local != d.local {
				p.route.Store(w.routeTo(d))
			}
			return p
		}
		if p.conn.alive(w.now) {
			return nil
		}
		p.conn.dropPath(p)
	}
	if t, ok := d.link.(*tcpLink); ok && t.givenUp() {
		return nil // it will be closed in a moment, so the client shall not choose it
	}
	p := &path{conn: c, remote: d.remote, link: d.link}
	p.route.Store(w.routeTo(d))
	p.validated.Store(now)
	l.byAddr.put(p)
	c.paths = append(c.paths, p)
	if len(c.paths) > l.cfg.Limits.Addresses {
		oldest := c.oldestSparePath()
		c.dropPath(oldest)
		l.leaveLocked(oldest)
	}
	c.selected.CompareAndSwap(nil, p) // provisional, until the client nominates
	return p
}

// routeTo prepares answering where a datagram came from.
func (w *worker) routeTo(d *datagram) *route {
	if d.link != nil {
		return w.l.linkRoute(d.link)
	}
	return w.socket.newRoute(d.remote, d.local)
}

// dropPath takes p off the client's list; the caller holds the listener's lock and cares for byAddr. If media went there
// it goes to the path that was validated last, until the client nominates another.
func (c *Conn) dropPath(p *path) {
	if i := slices.Index(c.paths, p); i >= 0 {
		c.paths = slices.Delete(slices.Clone(c.paths), i, i+1)
	}
	var latest *path
	for _, other := range c.paths {
		if latest == nil || other.validated.Load() > latest.validated.Load() {
			latest = other
		}
	}
	c.selected.CompareAndSwap(p, latest)
	c.nominee.CompareAndSwap(p, nil)
}

// oldestSparePath is the path validated longest ago that media does not use. There is one: the limit is at least 2.
func (c *Conn) oldestSparePath() *path {
	var oldest *path
	for _, p := range c.paths {
		if p == c.selected.Load() {
			continue
		}
		if oldest == nil || p.validated.Load() < oldest.validated.Load() {
			oldest = p
		}
	}
	return oldest
}

// quiet is for how long no media has come by a path that the client may have left.
const quiet = time.Second

// nominate has media go to a path, once it is certain that the client is there or has left the present one.
func (c *Conn) nominate(p *path, now time.Time) {
	old := c.selected.Load()
	if old == nil || old == p || c.keys.Load() == nil || !old.carries(now) || p.carries(now) {
		c.moveTo(p)
		return
	}
	c.nominee.Store(p)
}

// awaitNominee moves to the path that was nominated when the present one has fallen silent meanwhile: who only receives
// may have nothing to send.
func (c *Conn) awaitNominee(now time.Time) {
	p, old := c.nominee.Load(), c.selected.Load()
	if p != nil && (old == nil || !old.carries(now)) {
		c.moveTo(p)
	}
}

// carries tells whether authentic media came by the path lately.
func (p *path) carries(now time.Time) bool { return now.UnixNano()-p.media.Load() < int64(quiet) }

// moveTo has media go to p, unless the client has lost that path meanwhile.
func (c *Conn) moveTo(p *path) {
	c.nominee.Store(nil)
	if c.selected.Load() == p {
		return
	}
	c.l.mu.RLock()
	defer c.l.mu.RUnlock()
	if !slices.Contains(c.paths, p) {
		return
	}
	if old := c.selected.Swap(p); old != p && old != nil && c.keys.Load() != nil {
		c.l.counters.addressMoves.Add(1)
	}
}

// useCredentials retires the generation before creds, now that the client uses creds.
func (c *Conn) useCredentials(creds *credentials) {
	all := c.credentials.Load()
	if len(*all) > 1 && (*all)[0] == creds {
		c.credentials.CompareAndSwap(all, &[]*credentials{creds})
	}
}

func (c *Conn) heard(now time.Time) { c.lastHeard.Store(now.UnixNano()) }

// stragglers is how long a packet may be on its way that was sent before one that has arrived.
const stragglers = 250 * time.Millisecond

// heardFrom notes authentic media. A client that sends its media by another validated path than ours has given that one
// up, and will nominate the other when it next checks it, which can take browsers seconds: we follow at once.
func (c *Conn) heardFrom(p *path, now time.Time) {
	c.heard(now)
	p.media.Store(now.UnixNano())
	old := c.selected.Load()
	if old == nil || old == p {
		return
	}
	if c.nominee.Load() == p || now.UnixNano()-old.media.Load() > int64(stragglers) {
		c.moveTo(p)
	}
}

func (c *Conn) alive(now time.Time) bool {
	return c.State() < Failed && now.UnixNano()-c.lastHeard.Load() < int64(c.l.cfg.Timeouts.Interrupted)
}
