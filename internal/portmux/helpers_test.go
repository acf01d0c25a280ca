package portmux

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(asExhausted) != "" {
		if err := serveExhausted(); err != nil {
			println(err.Error())
			os.Exit(1)
		}
		return
	}
	if code := m.Run(); code != 0 {
		os.Exit(code)
	}
	if err := goleak.Find(); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

// patience is how long something may take that is sure to come, on a busy machine.
const patience = 20 * time.Second

// harness is a Mux on a port of its own.
type harness struct {
	*testing.T
	mux  *Mux
	port *net.TCPListener
	stop func()
}

func serve(t *testing.T, cfg Config) *harness {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	port, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := m.Serve(ctx, port); err != nil {
			t.Error(err)
		}
	})
	h := &harness{T: t, mux: m, port: port, stop: sync.OnceFunc(func() { cancel(); running.Wait() })}
	t.Cleanup(h.stop)
	return h
}

func (h *harness) dial() *net.TCPConn {
	h.Helper()
	conn, err := net.Dial("tcp", h.port.Addr().String())
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		h.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// dialTLS speaks TLS with what ALPN offers.
func (h *harness) dialTLS(protocols ...string) *tls.Conn {
	h.Helper()
	conn := tls.Client(h.dial(), &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
	if err := conn.Handshake(); err != nil {
		h.Fatal(err)
	}
	return conn
}

func (h *harness) write(to net.Conn, data []byte) {
	h.Helper()
	if _, err := to.Write(data); err != nil {
		h.Fatal(err)
	}
}

// accept takes the next connection of a service.
func (h *harness) accept(l net.Listener) net.Conn {
	h.Helper()
	accepted := make(chan net.Conn, 1)
	var running sync.WaitGroup
	running.Go(func() {
		c, err := l.Accept()
		if err != nil {
			h.Error(err)
		}
		accepted <- c
	})
	timer := time.AfterFunc(patience, func() { _ = l.Close() })
	defer timer.Stop()
	running.Wait()
	c := <-accepted
	if c == nil {
		h.FailNow()
	}
	h.Cleanup(func() { _ = c.Close() })
	return c
}

// closed reads until the server closes the connection.
func (h *harness) closed(c net.Conn, what string) {
	h.Helper()
	for b := make([]byte, 100); ; {
		if _, err := c.Read(b); err == nil {
			continue
		} else if reasonOf(err) == Timeout {
			h.Errorf("%s: the connection stays open", what)
		}
		return
	}
}

// eventually waits for a number that no event tells of.
func (h *harness) eventually(what string, ok func(Stats) bool) {
	h.Helper()
	for deadline := time.Now().Add(patience); !ok(h.mux.Stats()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.Fatalf("%s: not within %v: %+v", what, patience, h.mux.Stats())
		}
	}
}

// selfSigned is a certificate for tests.
func selfSigned(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"parley.example"}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}
