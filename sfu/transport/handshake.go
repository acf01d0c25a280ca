package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
)

// handshake is the DTLS server of one client: it takes the client's datagrams from a bounded queue, agrees on the SRTP
// keys, and then waits for the client's goodbye.
type handshake struct {
	pipe    *dtlsPipe
	budget  atomic.Int64 // bytes of DTLS still taken
	started bool         // guarded by the Conn's inbound.mu
	refused atomic.Bool  // the client showed a certificate that is not its offer's

	mu      sync.Mutex
	session *dtls.Conn // guarded by mu
	stopped bool       // guarded by mu
}

var errFingerprint = errors.New("the client's certificate is not the one its offer names")

func (h *handshake) init(limits Limits) {
	h.pipe = newDTLSPipe()
	h.budget.Store(int64(limits.HandshakeBytes))
}

// stop has the handshake's goroutine say goodbye and end.
func (h *handshake) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	if h.session != nil {
		_ = h.session.SetReadDeadline(time.Unix(1, 0))
	}
}

// established keeps the session for stop; false when stop came first.
func (h *handshake) established(session *dtls.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.session = session
	return !h.stopped
}

// receiveDTLS queues a datagram for the handshake and starts it with the first. Workers call it.
func (c *Conn) receiveDTLS(p *path, data []byte) {
	c.inbound.mu.Lock()
	defer c.inbound.mu.Unlock()
	h := &c.handshake
	switch {
	case c.State() >= Failed:
		return
	case !plausibleDTLS(data):
		c.l.counters.drop(dropDTLSMalformed)
		return
	case h.budget.Add(-int64(len(data))) < 0:
		c.l.counters.drop(dropDTLSBudget)
		return
	case !h.pipe.push(data):
		c.l.counters.drop(dropDTLSQueue)
		return
	}
	if !h.started {
		h.started = true
		h.pipe.fallback = p
		c.l.wg.Go(c.runDTLS)
	}
}

// runDTLS shakes hands, again after a failure as long as time and trials last: whoever can forge the client's address
// could otherwise end the call with one bad ClientHello. A wrong certificate is final.
func (c *Conn) runDTLS() {
	ctx, cancel := context.WithDeadline(c.ctx, c.made.Add(c.l.cfg.Timeouts.Connect))
	defer cancel()
	for range c.l.cfg.Limits.HandshakeTrials {
		session, err := c.shakeHands(ctx)
		if err == nil {
			c.serveDTLS(session)
			return
		}
		if c.ctx.Err() != nil {
			return
		}
		c.l.counters.handshakeFails.Add(1)
		c.l.cfg.Logger.Debug("dtls handshake failed", "error", err)
		if c.handshake.refused.Load() || ctx.Err() != nil {
			break
		}
	}
	c.end(Failed)
}

func (c *Conn) shakeHands(ctx context.Context) (*dtls.Conn, error) {
	c.handshake.pipe.reset()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	session, err := dtls.ServerWithOptions(&dtlsTransport{conn: c, giveUp: cancel}, pipeAddr{},
		dtls.WithCertificates(c.l.certificate.tls),
		dtls.WithCipherSuites(dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		// The address has answered a connectivity check, so a cookie exchange would prove nothing more.
		dtls.WithInsecureSkipVerifyHello(true),
		dtls.WithVerifyPeerCertificate(c.verifyCertificate),
		dtls.WithFlightInterval(200*time.Millisecond),
		dtls.WithLoggerFactory(silentLoggers{}),
	)
	if err != nil {
		return nil, fmt.Errorf("dtls server: %w", err)
	}
	if err := session.HandshakeContext(ctx); err != nil {
		_ = session.Close()
		return nil, fmt.Errorf("dtls handshake: %w", err)
	}
	if err := c.takeKeys(session); err != nil {
		_ = session.Close()
		return nil, err
	}
	return session, nil
}

// verifyCertificate: RFC 8122 section 5, the certificate must match a fingerprint of the offer.
func (c *Conn) verifyCertificate(rawCerts [][]byte, _ [][]*x509.Certificate) error {
	if len(rawCerts) == 0 {
		return errFingerprint
	}
	c.mu.Lock()
	prints := c.negotiation.fingerprints
	c.mu.Unlock()
	for _, f := range prints {
		if f.matches(rawCerts[0]) {
			return nil
		}
	}
	c.handshake.refused.Store(true)
	return errFingerprint
}

// serveDTLS answers retransmissions until the client or we end the session.
func (c *Conn) serveDTLS(session *dtls.Conn) {
	defer func() { _ = session.Close() }() // says goodbye when the client has not
	if !c.handshake.established(session) {
		return
	}
	c.l.counters.handshakes.Add(1)
	c.handshake.budget.Store(int64(c.l.cfg.Limits.HandshakeBytes))
	c.life.move(c.handler, Connected)
	buf := make([]byte, maxDatagram)
	for c.ctx.Err() == nil {
		// Application data is of no use to us: there are no data channels.
		if _, err := session.Read(buf); errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			break
		}
	}
	c.end(Closed)
}

// silentLoggers keeps pion from writing to the standard error: what it would say there, our counters do.
type silentLoggers struct{}

func (silentLoggers) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)
}
