package transport

import (
	"context"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v3"
)

// rawClient is a client by hand, which can do what no honest one does.
type rawClient struct {
	socket      *net.UDPConn
	inbox       chan []byte // all but DTLS
	pipe        *dtlsPipe
	certificate *certificate
	creds       *credentials // ours to use: parsed out of the answer
	out         *srtp.Context
	session     *dtls.Conn
	link        *memoryLink // instead of the socket; nil for the socket
}

// rawOffer is a small complete offer; %s is the fingerprint.
const rawOffer = `v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=ice-ufrag:remote
a=ice-pwd:remoteremoteremoteremote
a=fingerprint:sha-256 %s
a=setup:actpass
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
a=sendonly
a=rtcp-mux
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=mid:1
a=recvonly
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
`

func offerText(fingerprint string) string {
	return strings.ReplaceAll(fmt.Sprintf(rawOffer, fingerprint), "\n", "\r\n")
}

func newRawClient(t *testing.T) *rawClient {
	t.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	cert, err := newCertificate()
	if err != nil {
		t.Fatal(err)
	}
	r := &rawClient{socket: socket, inbox: make(chan []byte, 64), pipe: newDTLSPipe(), certificate: cert}
	go r.read()
	return r
}

// read sorts what comes until the socket is closed.
func (r *rawClient) read() {
	buf := make([]byte, maxDatagram)
	for {
		n, err := r.socket.Read(buf)
		if err != nil {
			return
		}
		r.sort(buf[:n])
	}
}

func (r *rawClient) sort(data []byte) {
	if len(data) > 0 && data[0] >= 20 && data[0] < 64 {
		r.pipe.push(data)
	} else {
		offerTo(r.inbox, data)
	}
}

// rawDTLS is the net.PacketConn of the client's session.
type rawDTLS struct {
	*rawClient
	server net.Addr
}

func (d rawDTLS) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case data := <-d.pipe.queue:
		return copy(b, data), d.server, nil
	case <-d.pipe.canceled():
		return 0, nil, os.ErrDeadlineExceeded
	}
}

func (d rawDTLS) WriteTo(b []byte, to net.Addr) (int, error) {
	if d.link != nil {
		d.link.carry(b)
		return len(b), nil
	}
	return d.socket.WriteTo(b, to)
}
func (d rawDTLS) Close() error                     { d.pipe.setCanceled(true); return nil }
func (d rawDTLS) LocalAddr() net.Addr              { return d.socket.LocalAddr() }
func (d rawDTLS) SetDeadline(at time.Time) error   { return d.SetReadDeadline(at) }
func (d rawDTLS) SetWriteDeadline(time.Time) error { return nil }
func (d rawDTLS) SetReadDeadline(at time.Time) error {
	d.pipe.setCanceled(!at.IsZero() && !at.After(time.Now()))
	return nil
}

var answerCredentials = regexp.MustCompile(`a=ice-ufrag:(\S+)\r\na=ice-pwd:(\S+)`)

// offer negotiates and keeps the credentials of the answer.
func (r *rawClient) offer(t *testing.T, conn *Conn, text string) []Section {
	t.Helper()
	answer, sections, err := conn.Answer(text)
	if err != nil {
		t.Fatal(err)
	}
	m := answerCredentials.FindStringSubmatch(answer)
	if m == nil {
		t.Fatalf("no credentials in the answer:\n%s", answer)
	}
	remote, _, _ := strings.Cut(text[strings.Index(text, "a=ice-ufrag:")+len("a=ice-ufrag:"):], "\r\n")
	r.creds = newCredentials(m[1], m[2], remote)
	return sections
}

func (r *rawClient) send(t *testing.T, l *Listener, data []byte) {
	t.Helper()
	if r.link != nil {
		r.link.carry(data)
		return
	}
	if _, err := r.socket.WriteToUDPAddrPort(data, l.Addr()); err != nil {
		t.Fatal(err)
	}
}

// sendRTP seals and sends a small packet.
func (r *rawClient) sendRTP(t *testing.T, l *Listener, ssrc uint32, seq uint16) {
	t.Helper()
	raw, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: seq}, Payload: []byte("x")}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.out.EncryptRTP(nil, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.send(t, l, sealed)
}

// sendRTCP seals and sends one compound packet.
func (r *rawClient) sendRTCP(t *testing.T, l *Listener, packets ...rtcp.Packet) {
	t.Helper()
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := r.out.EncryptRTCP(nil, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.send(t, l, sealed)
}

// check sends a binding request and returns the response.
func (r *rawClient) check(t *testing.T, l *Listener, more ...stun.Setter) *stun.Message {
	t.Helper()
	request := bindingRequestFor(r.creds, more...)
	r.send(t, l, request.Raw)
	data := r.next(t, stun.IsMessage)
	m := stun.New()
	if _, err := m.Write(data); err != nil {
		t.Fatal(err)
	}
	if m.TransactionID != request.TransactionID {
		t.Fatal("the answer is to another request")
	}
	if err := r.creds.key.Check(m); err != nil {
		t.Fatalf("the answer's integrity: %v", err)
	}
	return m
}

// next returns the first datagram that is wanted.
func (r *rawClient) next(t *testing.T, wanted func([]byte) bool) []byte {
	t.Helper()
	for {
		if data := receive(t, "a datagram", r.inbox); wanted(data) {
			return data
		}
	}
}

// connect validates the address and shakes hands.
func (r *rawClient) connect(t *testing.T, l *Listener) error {
	t.Helper()
	r.check(t, l, useCandidate{})
	session, err := dtls.ClientWithOptions(rawDTLS{r, net.UDPAddrFromAddrPort(l.Addr())}, net.UDPAddrFromAddrPort(l.Addr()),
		dtls.WithCertificates(r.certificate.tls), dtls.WithInsecureSkipVerify(true),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_128_GCM))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), waitLimit)
	defer cancel()
	if err := session.HandshakeContext(ctx); err != nil {
		return err
	}
	r.session = session
	t.Cleanup(func() { _ = session.Close() })
	if p, _ := session.SelectedSRTPProtectionProfile(); p != dtls.SRTP_AEAD_AES_128_GCM {
		t.Errorf("SRTP profile %v, want AES-128-GCM though the client lists it last", p)
	}
	state, _ := session.ConnectionState()
	cfg := srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		t.Fatal(err)
	}
	r.out, err = srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile)
	if err != nil {
		t.Fatal(err)
	}
	return nil
}

// useCandidate is the flag that nominates.
type useCandidate struct{}

func (useCandidate) AddTo(m *stun.Message) error {
	m.Add(stun.AttrUseCandidate, nil)
	return nil
}

// controlled is the role that a client must not have.
type controlled struct{}

func (controlled) AddTo(m *stun.Message) error {
	m.Add(stun.AttrICEControlled, make([]byte, 8))
	return nil
}

// rawOffered makes a rawClient that has negotiated.
func rawOffered(t *testing.T, l *Listener) (*rawClient, *recorder, *Conn, []Section) {
	t.Helper()
	rec := newRecorder()
	conn, err := l.NewConn(rec)
	if err != nil {
		t.Fatal(err)
	}
	r := newRawClient(t)
	return r, rec, conn, r.offer(t, conn, offerText(r.certificate.fingerprint))
}

// rawJoin makes a connected rawClient.
func rawJoin(t *testing.T, l *Listener) (*rawClient, *recorder, *Conn, []Section) {
	t.Helper()
	r, rec, conn, sections := rawOffered(t, l)
	if err := r.connect(t, l); err != nil {
		t.Fatal(err)
	}
	wantState(t, rec, Connected)
	return r, rec, conn, sections
}

func wantDrops(t *testing.T, l *Listener, reason string, n uint64) {
	t.Helper()
	if _, ok := l.Stats().Dropped[reason]; !ok {
		t.Fatalf("no drop reason %q", reason)
	}
	eventually(t, fmt.Sprintf("%d datagrams were dropped as %s", n, reason), func() bool {
		return l.Stats().Dropped[reason] >= n
	})
}
