package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/certs"
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/internal/portmux"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/store/postgres"
	"github.com/digierapro/parley/store/redis"
	"github.com/digierapro/parley/web"
)

// node is one server: everything above the database, wired.
type node struct {
	cfg      *configs.Config
	log      *slog.Logger
	verifier *auth.Verifier
	demo     *demo // nil but with --dev
	chat     *chat.Service
	presence *presence.Service
	bus      bus.Bus
	redis    *redis.Bus // the same bus, when it is over several nodes; else nil
	blobs    *blobs
	calls    *call.Service
	media    *sfu.Server
	turn     *turnService // nil without TURN
	edge     *signaling.Server
	jobs     *postgres.Jobs
	index    *postgres.SearchIndex

	ports []*net.TCPListener
	certs certificates // nil without TLS
	mux   *portmux.Mux
}

func newNode(ctx context.Context, cfg *configs.Config, log *slog.Logger, db *database, files *blobs, ports []*net.TCPListener) (*node, error) {
	n := &node{cfg: cfg, log: log, blobs: files, ports: ports}
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
	if n.bus, n.redis, err = openBus(ctx, cfg, db.Chat(), log); err != nil {
		return nil, err
	}
	n.chat = chat.New(db.Chat(), n.bus, log)
	n.chat.KeepPictures(files)
	n.chat.ShareLimits(sharedLimits(n.redis))
	n.presence = presence.New(db.Presence(), n.bus, remotePresence(n.redis), log)
	if n.turn, err = newTURN(cfg, log); err != nil {
		return nil, err
	}
	media := mediaConfig(cfg, ports, log)
	media.Transport.TURN = n.turn.handler()
	if n.media, err = sfu.New(media); err != nil {
		return nil, err
	}
	n.calls, err = call.New(call.Config{
		Store: db.Calls(), Channels: n.chat, Media: n.media, Bus: n.bus, Log: log,
		Limits: call.Limits{Participants: cfg.Media.MaxParticipants}, SeatEnded: n.turn.seatEnded,
	})
	if err != nil {
		return nil, err
	}
	metrics := obs.NewMetrics()
	n.edge, err = signaling.New(signaling.Config{
		Chat: n.chat, Presence: n.presence, Calls: n.calls, Verifier: n.verifier, Bus: n.bus, Log: log,
		App: builtApp(log), AllowedOrigins: allowedOrigins(cfg), TrustedProxies: cfg.Server.TrustedProxies,
		Metrics: metrics.Handler(), ICEServers: n.turn.iceServers(), Health: n.health(db), Dev: n.demo.signIn(cfg.DevAllowRemote),
		Limits: rateLimits(cfg), SharedLimits: sharedLimits(n.redis), Blobs: files.served, PictureOrigins: pictureOrigins(cfg),
	})
	if err != nil {
		return nil, err
	}
	if n.jobs, err = db.Jobs(n.jobHandlers(db)...); err != nil {
		return nil, err
	}
	n.index = db.SearchIndex(cfg.Chat.SearchLanguage, cfg.Chat.LinkPreviews)
	if n.certs, err = openCertificates(cfg, addressesOf(ports), log); err != nil {
		return nil, err
	}
	if n.mux, err = newMux(cfg, n.certs, log); err != nil {
		return nil, err
	}
	n.register(metrics, db)
	return n, nil
}

// rateLimits are those of the edge; nil for none.
func rateLimits(cfg *configs.Config) signaling.Limits {
	if !cfg.Server.RateLimits {
		return nil
	}
	return signaling.NewLimits(signaling.LimitConfig{
		MessagesPerSecond: cfg.Chat.MessagesPerSecond, MessageBurst: cfg.Chat.MessageBurst, ConnectsPerAddress: cfg.Server.ConnectsPerMinute,
	})
}

func mediaConfig(cfg *configs.Config, ports []*net.TCPListener, log *slog.Logger) sfu.Config {
	return sfu.Config{
		Transport: transport.Config{
			Addr: cfg.Server.Listen, PublicIP: publicIPs(cfg), STUN: cfg.Media.STUNServer, TCP: addressesOf(ports), Logger: log,
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

// health lists what the server stands on. Without the database there is no chat, but calls go on; without blobs all but
// files does.
func (n *node) health(db *database) []signaling.Check {
	return []signaling.Check{
		{Name: "database", Ask: db.Ping},
		busHealth(n.bus),
		{Name: "blobs", Ask: n.blobs.watch.Ask},
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

// run serves until ctx ends, and then stops from the front to the back: no new connections, sockets closed, calls ended
// and recorded, other nodes told of it, media.
func (n *node) run(ctx context.Context, ready func(address string)) error {
	stopBus := runBus(ctx, n.redis)
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
	if err := n.chat.Learn(ctx); err != nil {
		n.log.Warn("until the database can be asked, nobody is known to be deactivated or to be less than their token says", "error", err)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.verifier.Run(groupCtx) })
	defer n.turn.endDeactivated(n.bus)()
	group.Go(func() error { return n.chat.Run(groupCtx) })
	group.Go(func() error { return n.presence.Run(groupCtx) })
	group.Go(func() error { return n.calls.Run(groupCtx) })
	group.Go(func() error { return n.edge.Run(groupCtx) })
	group.Go(func() error { return n.jobs.Run(groupCtx) })
	group.Go(func() error { return n.index.Run(groupCtx) })
	group.Go(func() error {
		newTrimmer(n.edge.Sockets).run(groupCtx)
		return nil
	})
	group.Go(func() error { return n.blobs.watch.Run(groupCtx) })
	n.serveTCP(groupCtx, group)
	group.Go(func() error {
		select {
		case err := <-mediaDone: // by itself: the port has failed, and a server without it is of no use
			mediaDone <- nil
			return fmt.Errorf("media: %w", cmp.Or(err, errors.New("the port was closed")))
		case <-groupCtx.Done():
			return nil
		}
	})
	ready(n.cfg.BaseURL(n.ports[0].Addr()))
	err := errors.Join(group.Wait(), stopBus())

	stopMedia()
	return errors.Join(err, <-mediaDone)
}

// serveTCP serves what comes to the TCP ports. All services are claimed before the first connection is accepted.
func (n *node) serveTCP(ctx context.Context, group *errgroup.Group) {
	web, ice := n.mux.Listener(portmux.Web), n.mux.Listener(portmux.Connectivity)
	group.Go(func() error { return serveHTTP(ctx, newHTTPServer(n.edge, n.log), web) })
	group.Go(func() error { return serveICE(ctx, ice, n.media.Transport()) })
	if n.turn != nil {
		n.turn.serve(ctx, group, n.mux.Listener(portmux.Relay))
	}
	if n.certs != nil {
		plain := n.mux.Listener(portmux.PlainWeb)
		group.Go(func() error { return n.certs.Run(ctx) })
		group.Go(func() error { return serveHTTP(ctx, newHTTPServer(n.plainHTTP(), n.log), plain) })
	}
	group.Go(func() error { return n.mux.Serve(ctx, n.ports...) })
}

// plainHTTP is what plain HTTP gets on a port with TLS.
func (n *node) plainHTTP() http.Handler {
	handler := toHTTPS(n.cfg.Server.PublicURL)
	if acme, ok := n.certs.(*certs.ACME); ok {
		return acme.ChallengeHandler(handler)
	}
	return handler
}
