package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"runtime"
	"time"
)

// pprofEnv, with --dev only, is an address of this machine to serve the runtime's profiles at, for our own benchmarks:
// PARLEY_PPROF=127.0.0.1:6060.
const pprofEnv = "PARLEY_PPROF"

const (
	mutexProfileFraction = 10      // one in so many waits for a lock is noted
	memProfileRate       = 1 << 10 // one in so many allocated bytes
)

// startProfiles serves profiles until stop is called. Without an address it does nothing.
func startProfiles(address string, log *slog.Logger) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().IsLoopback() {
		return nil, fmt.Errorf("%s: %q is not a loopback address and a port", pprofEnv, address)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", pprofEnv, err)
	}
	runtime.SetMutexProfileFraction(mutexProfileFraction)
	runtime.MemProfileRate = memProfileRate // before anything worth noting is allocated
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	log.Warn("serving profiles of this process", "address", l.Addr().String())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			log.Warn("serving profiles failed", "error", err)
		}
	}, nil
}
