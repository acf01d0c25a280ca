package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}

// serveHTTP serves until ctx ends, and then lets the requests that are going on end.
func serveHTTP(ctx context.Context, server *http.Server, l net.Listener) error {
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		stopped <- server.Shutdown(closing)
	}()
	err := server.Serve(l)
	if ctx.Err() == nil { // by itself
		return fmt.Errorf("serve HTTP: %w", err)
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop HTTP: %w", err)
	}
	return nil
}

// toHTTPS is all that plain HTTP gets when we have a certificate: pages are sent on, and what may hold a token or a
// message is told not to come this way again.
func toHTTPS(publicURL string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		base := publicURL
		if !strings.HasPrefix(base, "https://") {
			base = "https://" + r.Host
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead || r.Host == "" || r.Header.Get("Authorization") != "" || r.Header.Get("Upgrade") != "" {
			http.Error(w, "This port speaks https.", http.StatusForbidden)
			return
		}
		// Not a permanent one, which browsers would remember after the certificate has gone.
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
}
