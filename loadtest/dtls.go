package loadtest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"
)

// certificate is shared by all clients of a run: making one for each would cost more than it tests.
type certificate struct {
	tls         tls.Certificate
	fingerprint string // as SDP writes it
}

func newCertificate() (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "WebRTC"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 1, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	return &certificate{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, fingerprintOf(der)}, nil
}

func fingerprintOf(der []byte) string {
	sum := sha256.Sum256(der)
	return "sha-256 " + strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// keys are what a handshake gives.
type keys struct{ out, in *srtp.Context }

// shakeHands is the DTLS client's side. The server must show the certificate that its answer named.
func shakeHands(ctx context.Context, p *pipe, own *certificate, fingerprint string) (*dtls.Conn, keys, error) {
	session, err := dtls.ClientWithOptions(p, p.LocalAddr(),
		dtls.WithCertificates(own.tls),
		dtls.WithInsecureSkipVerify(true), // the fingerprint is what counts
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || !strings.EqualFold(fingerprintOf(raw[0]), fingerprint) {
				return errors.New("the server's certificate is not the one its answer names")
			}
			return nil
		}),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithFlightInterval(250*time.Millisecond),
		dtls.WithLoggerFactory(silent{}))
	if err != nil {
		return nil, keys{}, fmt.Errorf("dtls client: %w", err)
	}
	if err := session.HandshakeContext(ctx); err != nil {
		_ = session.Close()
		return nil, keys{}, fmt.Errorf("dtls handshake: %w", err)
	}
	k, err := deriveKeys(session)
	if err != nil {
		_ = session.Close()
		return nil, keys{}, err
	}
	return session, k, nil
}

func deriveKeys(session *dtls.Conn) (k keys, err error) {
	selected, ok := session.SelectedSRTPProtectionProfile()
	state, known := session.ConnectionState()
	if !ok || !known {
		return k, errors.New("the server chose no SRTP profile")
	}
	cfg := srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
	if selected == dtls.SRTP_AES128_CM_HMAC_SHA1_80 {
		cfg.Profile = srtp.ProtectionProfileAes128CmHmacSha1_80
	}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		return k, fmt.Errorf("srtp keys: %w", err)
	}
	if k.out, err = srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile); err != nil {
		return k, fmt.Errorf("srtp: %w", err)
	}
	if k.in, err = srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile); err != nil {
		return k, fmt.Errorf("srtp: %w", err)
	}
	return k, nil
}

// pipe is the net.PacketConn of a DTLS session: the loop pushes what comes, and what goes out goes to the socket.
type pipe struct {
	socket *socket
	queue  chan []byte

	mu        sync.Mutex
	interrupt chan struct{} // closed while the read deadline has passed
}

func newPipe(s *socket) *pipe {
	return &pipe{socket: s, queue: make(chan []byte, 16), interrupt: make(chan struct{})}
}

// push copies data into the queue, or loses it when that is full: DTLS sends again.
func (p *pipe) push(data []byte) {
	select {
	case p.queue <- append([]byte(nil), data...):
	default:
	}
}

func (p *pipe) interrupted() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.interrupt
}

// ReadFrom implements net.PacketConn.
func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case data := <-p.queue:
		return copy(b, data), p.LocalAddr(), nil
	case <-p.interrupted():
		return 0, nil, os.ErrDeadlineExceeded
	}
}

// WriteTo implements net.PacketConn.
func (p *pipe) WriteTo(b []byte, _ net.Addr) (int, error) { return len(b), p.socket.send(b) }

// Close implements net.PacketConn. The socket is the client's to close.
func (p *pipe) Close() error { return p.SetReadDeadline(time.Unix(1, 0)) }

// SetReadDeadline knows what pion asks for: long past, to interrupt a read, or none.
func (p *pipe) SetReadDeadline(at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	past := !at.IsZero() && !at.After(time.Now())
	select {
	case <-p.interrupt:
		if !past {
			p.interrupt = make(chan struct{})
		}
	default:
		if past {
			close(p.interrupt)
		}
	}
	return nil
}

// SetDeadline implements net.PacketConn.
func (p *pipe) SetDeadline(at time.Time) error { return p.SetReadDeadline(at) }

// SetWriteDeadline implements net.PacketConn: writing never waits.
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

// LocalAddr implements net.PacketConn.
func (p *pipe) LocalAddr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "udp" }
func (pipeAddr) String() string  { return "server" }

// silent keeps pion from writing to the standard error: what goes wrong comes back as an error.
type silent struct{}

// NewLogger implements logging.LoggerFactory.
func (silent) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)
}
