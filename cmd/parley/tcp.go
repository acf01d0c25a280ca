package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/certs"
	"github.com/digierapro/parley/internal/portmux"
	"github.com/digierapro/parley/sfu/transport"
)

// listenTCP opens the TCP ports, the main one first.
func listenTCP(cfg configs.Server) ([]*net.TCPListener, error) {
	var ports []*net.TCPListener
	for i, address := range cfg.Addresses() {
		key := "server.listen"
		if i > 0 {
			key = "server.alsoListen"
		}
		port, err := net.Listen("tcp", address)
		if err != nil {
			closeTCP(ports)
			return nil, fmt.Errorf("%s: cannot open TCP port: %w", key, err)
		}
		ports = append(ports, port.(*net.TCPListener)) // what net.Listen gives for "tcp"
	}
	return ports, nil
}

func closeTCP(ports []*net.TCPListener) {
	for _, port := range ports {
		_ = port.Close() // closed already, but for an error at the start
	}
}

func addressesOf(ports []*net.TCPListener) []netip.AddrPort {
	var list []netip.AddrPort
	for _, port := range ports {
		list = append(list, port.Addr().(*net.TCPAddr).AddrPort())
	}
	return list
}

// certificates is where our certificate comes from.
type certificates interface {
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Run(ctx context.Context) error
	Stats() certs.Stats
}

// openCertificates returns nil when we do not speak TLS.
func openCertificates(cfg *configs.Config, ports []netip.AddrPort, log *slog.Logger) (certificates, error) {
	if !cfg.Server.TLS.Enabled() {
		return nil, nil
	}
	if cfg.Server.TLS.ACME.Enabled() {
		return openACME(cfg, ports, log)
	}
	files, err := certs.OpenFiles(cfg.Server.TLS.Cert, cfg.Server.TLS.Key, log)
	if err != nil {
		return nil, fmt.Errorf("server.tls: %w", err)
	}
	return files, nil
}

// openACME has the authority ask at the main port, and at port 80 if we listen there.
func openACME(cfg *configs.Config, ports []netip.AddrPort, log *slog.Logger) (certificates, error) {
	main, acme := ports[0], cfg.Server.TLS.ACME
	c := certs.ACMEConfig{
		Domains: acme.Domains, Email: acme.Email, Agreed: acme.Agreed, Directory: acme.Directory, RootFile: acme.RootFile,
		Folder: cfg.Data.CertificatesDir(), Log: log, TLSPort: int(main.Port()),
	}
	if !main.Addr().IsUnspecified() {
		c.Host = main.Addr().Unmap().String()
	}
	if slices.ContainsFunc(ports, func(p netip.AddrPort) bool { return p.Port() == 80 }) {
		c.HTTPPort = 80
	}
	source, err := certs.OpenACME(c)
	if err != nil {
		return nil, fmt.Errorf("server.tls.acme: %w", err)
	}
	return source, nil
}

// newMux shares the TCP ports among HTTP, TURN and ICE.
func newMux(cfg *configs.Config, source certificates, log *slog.Logger) (*portmux.Mux, error) {
	c := portmux.Config{
		Log: log, Exempt: cfg.Server.TrustedProxies,
		MaxConns: cfg.Server.MaxConnections, MaxConnsPerAddress: cfg.Server.MaxConnectionsPerAddress,
	}
	if source != nil {
		c.TLS = &tls.Config{GetCertificate: source.GetCertificate, MinVersion: tls.VersionTLS12}
		if _, ok := source.(*certs.ACME); ok {
			c.TLS.NextProtos = []string{certs.Protocol}
		}
	}
	return portmux.New(c)
}

// serveICE carries ICE over TCP until ctx ends.
func serveICE(ctx context.Context, l net.Listener, media *transport.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return nil // the port has closed, which whoever serves it tells
		}
		running.Go(func() {
			_ = media.ServeTCP(ctx, conn) // is counted there
		})
	}
}
