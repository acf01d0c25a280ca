package turn_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"github.com/digierapro/parley/turn"
)

// raw is a client that says exactly what a test wants.
type raw struct {
	t      *testing.T
	conn   net.Conn
	stream bool
	creds  turn.Credentials
	nonce  string
}

var transports = []string{"udp", "tcp", "tls"}

func (h *harness) raw(t *testing.T, transport string, c turn.Credentials) *raw {
	t.Helper()
	var conn net.Conn
	var err error
	switch transport {
	case "udp":
		conn, err = net.Dial("udp4", h.udp)
	case "tcp":
		conn, err = net.Dial("tcp4", h.tcp)
	case "tls":
		conn, err = tls.Dial("tcp4", h.tls(t), &tls.Config{InsecureSkipVerify: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &raw{t: t, conn: conn, stream: transport != "udp", creds: c}
}

// tls serves one more listener, with TLS.
func (h *harness) tls(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp4", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	h.streams(t, l)
	return l.Addr().String()
}

// streams serves what connects to a listener, until the test ends.
func (h *harness) streams(t *testing.T, l net.Listener) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = h.ServeStreams(ctx, l) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func (r *raw) write(b []byte) {
	r.t.Helper()
	if _, err := r.conn.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

// read gives the next message, or nil when none comes within the time.
func (r *raw) read(patience time.Duration) []byte {
	r.t.Helper()
	_ = r.conn.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 4096)
	if !r.stream {
		n, err := r.conn.Read(buf)
		if err != nil {
			return nil
		}
		return buf[:n]
	}
	if _, err := io.ReadFull(r.conn, buf[:4]); err != nil {
		return nil
	}
	n := int(binary.BigEndian.Uint16(buf[2:])) + 20
	if buf[0] >= 64 {
		n = (n - 20 + 4 + 3) &^ 3
	}
	if _, err := io.ReadFull(r.conn, buf[4:n]); err != nil {
		r.t.Fatal(err)
	}
	return buf[:n]
}

// signed makes a request that holds, once there is a nonce.
func (r *raw) signed(method stun.Method, attributes ...stun.Setter) *stun.Message {
	r.t.Helper()
	setters := append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, attributes...)
	setters = append(setters, stun.NewUsername(r.creds.Username), stun.NewRealm("parley"), stun.NewNonce(r.nonce),
		stun.NewLongTermIntegrity(r.creds.Username, "parley", r.creds.Password))
	return stun.MustBuild(setters...)
}

// ask sends a request, and gives the response to it; the first time it fetches a nonce.
func (r *raw) ask(method stun.Method, attributes ...stun.Setter) *stun.Message {
	r.t.Helper()
	if r.nonce == "" {
		r.nonce = r.fetchNonce()
	}
	m := r.signed(method, attributes...)
	r.write(m.Raw)
	return r.response(m)
}

func (r *raw) response(m *stun.Message) *stun.Message {
	r.t.Helper()
	for tries := 0; ; {
		b := r.read(500 * time.Millisecond)
		if b == nil {
			if tries++; tries == 20 {
				r.t.Fatalf("no response to %v", m.Type)
			}
			if !r.stream {
				r.write(m.Raw) // as clients do
			}
			continue
		}
		got := &stun.Message{Raw: b}
		if got.Decode() == nil && got.TransactionID == m.TransactionID {
			return got
		}
	}
}

func (r *raw) fetchNonce() string {
	r.t.Helper()
	m := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), udpTransport)
	for range 3 { // a stranger is not answered before it has sent as much
		r.write(m.Raw)
	}
	got := r.response(m)
	var nonce stun.Nonce
	if err := nonce.GetFrom(got); err != nil {
		r.t.Fatalf("no nonce in %v: %v", got, err)
	}
	return nonce.String()
}

func (r *raw) allocate() {
	r.t.Helper()
	if got := r.ask(stun.MethodAllocate, udpTransport); got.Type.Class != stun.ClassSuccessResponse {
		r.t.Fatalf("Allocate: %v", code(got))
	}
}

func code(m *stun.Message) stun.ErrorCode {
	var c stun.ErrorCodeAttribute
	if c.GetFrom(m) != nil {
		return 0
	}
	return c.Code
}

type attribute struct {
	kind  stun.AttrType
	value []byte
}

func (a attribute) AddTo(m *stun.Message) error {
	m.Add(a.kind, a.value)
	return nil
}

var udpTransport = attribute{stun.AttrRequestedTransport, []byte{17, 0, 0, 0}}

// peerAttribute is XOR-PEER-ADDRESS in exactly the form of the address: 4 bytes or 16.
type peerAttribute netip.AddrPort

func (p peerAttribute) AddTo(m *stun.Message) error {
	a := netip.AddrPort(p)
	mask := binary.BigEndian.AppendUint32(nil, 0x2112A442)
	mask = append(mask, m.TransactionID[:]...)
	ip := a.Addr().AsSlice()
	family := byte(1)
	if len(ip) == 16 {
		family = 2
	}
	v := binary.BigEndian.AppendUint16([]byte{0, family}, a.Port()^0x2112)
	for i := range ip {
		v = append(v, ip[i]^mask[i])
	}
	m.Add(stun.AttrXORPeerAddress, v)
	return nil
}

func channelNumber(n uint16) attribute {
	return attribute{stun.AttrChannelNumber, []byte{byte(n >> 8), byte(n), 0, 0}}
}
