package transport

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/pion/webrtc/v4"
)

func TestBindingRequestIsAnsweredWithTheAddressSeen(t *testing.T) {
	l := startListener(t, nil)
	r, _, _, _ := rawOffered(t, l)
	answer := r.check(t, l)
	var seen stun.XORMappedAddress
	if err := seen.GetFrom(answer); err != nil {
		t.Fatal(err)
	}
	if own := r.socket.LocalAddr().(*net.UDPAddr); seen.Port != own.Port || !seen.IP.Equal(own.IP) {
		t.Errorf("answered %v, sent from %v", seen, own)
	}
	if m := r.check(t, l, controlled{}); m.Type != stun.BindingError {
		t.Errorf("a controlled client was answered %v, want a role conflict", m.Type)
	}
}

func TestForgedSTUNIsDroppedInSilence(t *testing.T) {
	l := startListener(t, nil)
	r, _, _, _ := rawOffered(t, l)
	right := r.creds

	wrongKey := newCredentials(right.localUfrag, "not the password at all", "remote")
	unknown := newCredentials("nobody", right.localPassword, "remote")
	wrongRemote := newCredentials(right.localUfrag, right.localPassword, "other")
	unsigned := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(right.userName), stun.Fingerprint)
	appended := bindingRequestFor(right)
	appended.Raw = append([]byte(nil), appended.Raw...)
	appended.Raw[3] += 40 // a length that runs past the datagram

	for _, c := range []struct {
		data   []byte
		reason string
	}{
		{bindingRequestFor(wrongKey).Raw, "stun_integrity"},
		{bindingRequestFor(wrongRemote).Raw, "stun_integrity"},
		{unsigned.Raw, "stun_integrity"},
		{bindingRequestFor(unknown).Raw, "unknown_ufrag"},
		{stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.Fingerprint).Raw, "unknown_ufrag"},
		{appended.Raw, "stun_malformed"},
		{stun.MustBuild(stun.TransactionID, stun.BindingSuccess, stun.Fingerprint).Raw, "stun_malformed"},
		{[]byte{0, 1, 0, 0}, "garbage"},
	} {
		before := l.Stats()
		r.send(t, l, c.data)
		wantDrops(t, l, c.reason, before.Dropped[c.reason]+1)
		if after := l.Stats(); after.PacketsOut != before.PacketsOut {
			t.Errorf("%s was answered", c.reason)
		}
	}
	if l.byAddr.len() != 0 {
		t.Error("a forged request validated an address")
	}
}

func TestFlagsAfterTheIntegrityDoNotCount(t *testing.T) {
	creds := newCredentials("local", "a password for the test", "remote")
	m := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername(creds.userName), creds.key, useCandidate{})
	if readBindingRequest(m).useCandidate {
		t.Error("USE-CANDIDATE after MESSAGE-INTEGRITY was taken")
	}
}

func TestAddressOfALiveClientCannotBeTaken(t *testing.T) {
	l := startListener(t, nil)
	r, _, conn, _ := rawJoin(t, l)
	other, _ := l.NewConn(newRecorder())
	thief := &rawClient{socket: r.socket, inbox: r.inbox, certificate: r.certificate}
	thief.offer(t, other, offerText(r.certificate.fingerprint))
	r.send(t, l, bindingRequestFor(thief.creds, useCandidate{}).Raw)
	wantDrops(t, l, "address_taken", 1)
	conn.Close()
	thief.check(t, l, useCandidate{}) // free now
}

func TestMediaFollowsTheNominatedAddress(t *testing.T) {
	l := startListener(t, nil)
	r, _, conn, sections := rawJoin(t, l)
	moved := newRawClient(t)
	moved.creds = r.creds
	moved.check(t, l) // validated only: media stays
	p := &Packet{SSRC: sections[1].Slot.SSRC, PayloadType: 96, Body: []byte("picture")}
	isMedia := func(b []byte) bool { return len(b) > 12 && b[0]>>6 == 2 }
	if err := conn.Send(p); err != nil {
		t.Fatal(err)
	}
	r.next(t, isMedia)
	moved.check(t, l, useCandidate{})
	eventually(t, "the client moved", func() bool { return l.Stats().AddressMoves == 1 })
	p.Sequence++
	if err := conn.Send(p); err != nil {
		t.Fatal(err)
	}
	moved.next(t, isMedia)
}

// TestACopiedNominationMovesNoMedia: an attacker who has seen a client's request sends it again from elsewhere. The media
// stays, until something comes from there that only the client can have sent.
func TestACopiedNominationMovesNoMedia(t *testing.T) {
	l := startListener(t, nil)
	r, rec, conn, _ := rawJoin(t, l)
	l.mu.RLock()
	home := conn.paths[0]
	l.mu.RUnlock()
	talk := func(from *rawClient, seq uint16) {
		from.send(t, l, r.seal(t, seq))
		receive(t, "the client's media", rec.rtp)
	}
	talk(r, 1)
	copied := bindingRequestFor(r.creds, useCandidate{}).Raw
	r.send(t, l, copied)
	r.next(t, stun.IsMessage)
	heard := r.seal(t, 2)
	r.send(t, l, heard)
	receive(t, "the client's media", rec.rtp)

	forger := newRawClient(t)
	forger.send(t, l, copied)
	forger.next(t, stun.IsMessage) // RFC 8445 has us answer
	forger.send(t, l, heard)       // and copied media proves nothing
	wantDrops(t, l, "replay", 1)
	if conn.selected.Load() != home || l.Stats().AddressMoves != 0 {
		t.Fatal("a copied request drew the media to a stranger")
	}
	talk(r, 3)
	if conn.selected.Load() != home {
		t.Fatal("the media moved with the client's next packet")
	}
	talk(forger, 4) // now it is the client: nobody else can seal
	eventually(t, "the client is followed", func() bool { return conn.selected.Load() != home })
}

// TestANominationIsAwaited: who has left a path and sends nothing is followed once that path is silent.
func TestANominationIsAwaited(t *testing.T) {
	l := startListener(t, nil)
	r, _, conn, _ := rawJoin(t, l)
	other := newRawClient(t)
	other.creds = r.creds
	other.check(t, l)
	l.mu.RLock()
	before, after := conn.paths[0], conn.paths[1]
	l.mu.RUnlock()
	now := time.Now()
	before.media.Store(now.Add(time.Hour).UnixNano()) // the ticker shall not see it fall silent before we do
	conn.nominate(after, now)
	conn.awaitNominee(now)
	if conn.selected.Load() != before {
		t.Fatal("moved although the present path carries media")
	}
	conn.awaitNominee(now.Add(time.Hour + quiet))
	if conn.selected.Load() != after || conn.nominee.Load() != nil {
		t.Fatal("not moved when the present path had fallen silent")
	}
	after.media.Store(now.UnixNano())
	conn.nominate(before, now) // both carry media
	if conn.selected.Load() != before {
		t.Fatal("a path that carries media was not taken at once")
	}
}

func TestMediaFollowsTheClientsMedia(t *testing.T) {
	l := startListener(t, nil)
	r, _, conn, _ := rawJoin(t, l)
	moved := newRawClient(t)
	moved.creds = r.creds
	moved.check(t, l)
	l.mu.RLock()
	before, after := conn.paths[0], conn.paths[1]
	l.mu.RUnlock()
	now := time.Now()
	conn.heardFrom(before, now)
	conn.heardFrom(after, now.Add(10*time.Millisecond))
	if conn.selected.Load() != before {
		t.Error("a path was given up that media came by a moment ago")
	}
	conn.heardFrom(after, now.Add(300*time.Millisecond))
	if conn.selected.Load() != after {
		t.Error("media does not follow the client's own")
	}
	conn.heardFrom(before, now.Add(310*time.Millisecond)) // was long on its way
	if conn.selected.Load() != after {
		t.Error("a straggler moved the client back")
	}
}

func TestAddressesOfAClientAreBounded(t *testing.T) {
	l := startListener(t, func(c *Config) { c.Limits.Addresses = 3 })
	r, _, conn, _ := rawJoin(t, l)
	for range 8 {
		other := newRawClient(t)
		other.creds = r.creds
		other.check(t, l)
	}
	l.mu.RLock()
	n, m := len(conn.paths), l.byAddr.len()
	l.mu.RUnlock()
	if n != 3 || m != 3 {
		t.Errorf("%d paths, %d addresses, want 3", n, m)
	}
	if conn.selected.Load().remote != r.socket.LocalAddr().(*net.UDPAddr).AddrPort() {
		t.Error("the nominated address was given up for one that is only validated")
	}
}

func TestICERestartKeepsTheKeys(t *testing.T) {
	l := startListener(t, nil)
	j, conn := join(t, l, nil)
	exchange(t, j, conn, 1)
	before := (*conn.credentials.Load())[0].localUfrag
	if _, err := j.negotiate(conn, &webrtc.OfferOptions{ICERestart: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the client used its new credentials", func() bool {
		all := *conn.credentials.Load()
		return len(all) == 1 && all[0].localUfrag != before
	})
	// pion gathers anew and gives up its old sockets at once.
	eventually(t, "the client nominated its new address", func() bool { return l.Stats().AddressMoves > 0 })
	exchange(t, j, conn, 2)
	if n := l.Stats().Handshakes; n != 1 {
		t.Errorf("%d handshakes, want the one", n)
	}
}

func TestSilenceInterruptsAndThenFails(t *testing.T) {
	l := startListener(t, func(c *Config) {
		c.Timeouts = Timeouts{Interrupted: 150 * time.Millisecond, Failed: 2 * time.Second}
	})
	r, rec, conn, _ := rawJoin(t, l)
	wantState(t, rec, Interrupted)
	for back := false; !back; { // one check may be too old already when a busy machine looks
		r.check(t, l)
		select {
		case s := <-rec.states:
			if back = s == Connected; !back {
				t.Fatalf("state %v, want %v", s, Connected)
			}
		case <-time.After(tick):
		}
	}
	wantState(t, rec, Interrupted)
	wantState(t, rec, Failed)
	if err := conn.Send(&Packet{}); err != ErrClosed {
		t.Errorf("send after the end: %v", err)
	}
	if l.Stats().Conns != 0 {
		t.Error("a failed client still holds its place")
	}
}

func TestClientThatNeverConnectsFails(t *testing.T) {
	l := startListener(t, func(c *Config) { c.Timeouts.Connect = 100 * time.Millisecond })
	rec := newRecorder()
	if _, err := l.NewConn(rec); err != nil {
		t.Fatal(err)
	}
	wantState(t, rec, Failed)
}

func TestFamiliesAndWildcards(t *testing.T) {
	for _, c := range []struct{ name, listen, reach string }{
		{"IPv4", "127.0.0.1:0", "127.0.0.1"},
		{"IPv6", "[::1]:0", "::1"},
		{"wildcard by IPv4", ":0", "127.0.0.1"},
		{"wildcard by another IPv4", ":0", "127.0.0.2"},
		{"wildcard by IPv6", ":0", "::1"},
		{"IPv4 wildcard", "0.0.0.0:0", "127.0.0.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.reach == "::1" && !hasIPv6() {
				t.Skip("no IPv6 here")
			}
			l := startListener(t, func(cfg *Config) { cfg.Addr = c.listen })
			conn, _ := l.NewConn(newRecorder())
			r := newRawClient(t)
			r.offer(t, conn, offerText(r.certificate.fingerprint))
			// A connected socket takes answers only from the address that it sent to.
			socket, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: net.ParseIP(c.reach), Port: int(l.Addr().Port())})
			if err != nil {
				t.Fatal(err)
			}
			defer socket.Close()
			request := bindingRequestFor(r.creds)
			if _, err := socket.Write(request.Raw); err != nil {
				t.Fatal(err)
			}
			_ = socket.SetReadDeadline(time.Now().Add(waitLimit))
			buf := make([]byte, maxDatagram)
			n, err := socket.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(buf[8:20], request.TransactionID[:]) {
				t.Errorf("%d bytes that do not answer the request", n)
			}
		})
	}
}

func hasIPv6() bool {
	s, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		return false
	}
	_ = s.Close()
	return true
}
