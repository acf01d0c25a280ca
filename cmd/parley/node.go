package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/web"
)

// node is one server: everything above the database, wired.
type node struct {
	cfg      *configs.Config
	log      *slog.Logger
	verifier *auth.Verifier
	demo     *demo // nil but with --dev
	chat     *chat.Service
	calls    *call.Service
	media    *sfu.Server
	edge     *signaling.Server
	http     *http.Server
}

func newNode(cfg *configs.Config, log *slog.Logger, db *database) (*node, error) {
	n := &node{cfg: cfg, log: log}
	keys, err := authConfig(cfg)
	if err != nil {
		return nil, err
	}
	if n.verifier, err = auth.Open(keys, log); err != nil {
		return nil, err
	}
	if cfg.Dev {
		if n.demo, err = newDemo(keys); err != nil {
			return nil, err
		}
	}
	local := bus.NewLocal()
	n.chat = chat.New(db.Chat(), local, log)
	if n.media, err = sfu.New(mediaConfig(cfg, log)); err != nil {
		return nil, err
	}
	n.calls, err = call.New(call.Config{
		Store: db.Calls(), Channels: n.chat, Media: n.media, Bus: local, Log: log,
		Limits: call.Limits{Participants: cfg.Media.MaxParticipants},
	})
	if err != nil {
		return nil, err
	}
	metrics := obs.NewMetrics()
	n.edge, err = signaling.New(signaling.Config{
		Chat: n.chat, Calls: n.calls, Verifier: n.verifier, Bus: local, Log: log,
		App: builtApp(log), AllowedOrigins: allowedOrigins(cfg), TrustedProxies: cfg.Server.TrustedProxies,
		Metrics: metrics.Handler(), Health: n.health(db), Dev: n.demo.signIn(cfg.DevAllowRemote),
	})
	if err != nil {
		return nil, err
	}
	n.register(metrics, db)
	n.http = &http.Server{
		Handler: n.edge, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	return n, nil
}

func mediaConfig(cfg *configs.Config, log *slog.Logger) sfu.Config {
	return sfu.Config{
		Transport: transport.Config{
			Addr: cfg.Server.Listen, PublicIP: publicIPs(cfg), STUN: cfg.Media.STUNServer, Logger: log,
			Limits: transport.Limits{InboundBitrate: cfg.Media.MaxUplink * 1_000_000},
		},
		Logger: log, MaxPeers: cfg.Media.MaxParticipants, Talkers: cfg.Media.MaxTalkers,
	}
}

// allowedOrigins are the CRM's pages and our own, under the name that people type.
func allowedOrigins(cfg *configs.Config) []string {
	origins := slices.Clone(cfg.Server.AllowedOrigins)
	if cfg.Server.PublicURL != "" {
		origins = append(origins, strings.ToLower(cfg.Server.PublicURL))
	}
	return origins
}

func publicIPs(cfg *configs.Config) []netip.Addr {
	if !cfg.Media.PublicIP.IsValid() {
		return nil
	}
	return []netip.Addr{cfg.Media.PublicIP.Addr}
}

// health lists what the server stands on. Without the database there is no chat, but calls go on.
func (n *node) health(db *database) []signaling.Check {
	return []signaling.Check{
		{Name: "database", Ask: db.Ping},
		{Name: "bus", Critical: true, Ask: func(context.Context) error { return nil }},
		{Name: "media", Critical: true, Ask: func(context.Context) error {
			if !n.media.Addr().IsValid() {
				return errors.New("the media port is not open")
			}
			return nil
		}},
	}
}

// builtApp returns the web app in this binary, or nil.
func builtApp(log *slog.Logger) fs.FS {
	app, ok := web.App()
	if !ok {
		log.Warn("this binary was built without the web app; only the API is served")
		return nil
	}
	return app
}

// listenTCP opens the TCP port, with TLS on it if there is a certificate.
func listenTCP(cfg configs.Server) (net.Listener, error) {
	tcp, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("server.listen: cannot open TCP port: %w", err)
	}
	if !cfg.TLS.Enabled() {
		return tcp, nil
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLS.Cert, cfg.TLS.Key)
	if err != nil {
		_ = tcp.Close()
		return nil, fmt.Errorf("server.tls: %w", err)
	}
	return tls.NewListener(tcp, &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}), nil
}

// run serves until ctx ends, and then stops from the front to the back: no new connections, sockets closed, calls ended
// and recorded, media.
func (n *node) run(ctx context.Context, tcp net.Listener, ready func(address string)) error {
	mediaCtx, stopMedia := context.WithCancel(context.WithoutCancel(ctx))
	defer stopMedia()
	mediaDone := make(chan error, 1)
	go func() { mediaDone <- n.media.Run(mediaCtx) }()

	if err := n.calls.CloseOrphans(ctx); err != nil {
		n.log.Warn("records of calls that the last run left open are still open", "error", err)
	}
	if n.demo != nil {
		if err := n.demo.seed(ctx, n.chat); err != nil {
			n.log.Warn("demo data incomplete", "error", err)
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.verifier.Run(groupCtx) })
	group.Go(func() error { return n.calls.Run(groupCtx) })
	group.Go(func() error { return n.edge.Run(groupCtx) })
	group.Go(func() error { return n.serveHTTP(groupCtx, tcp) })
	group.Go(func() error {
		select {
		case err := <-mediaDone: // by itself: the port has failed, and a server without it is of no use
			mediaDone <- nil
			return fmt.Errorf("media: %w", cmp.Or(err, errors.New("the port was closed")))
		case <-groupCtx.Done():
			return nil
		}
	})
	ready(n.cfg.BaseURL(tcp.Addr()))
	err := group.Wait()

	stopMedia()
	return errors.Join(err, <-mediaDone)
}

func (n *node) serveHTTP(ctx context.Context, tcp net.Listener) error {
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- n.http.Shutdown(closing)
	}()
	if err := n.http.Serve(tcp); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP: %w", err)
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop HTTP: %w", err)
	}
	return nil
}
