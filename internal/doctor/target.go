package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Target is a running server, as seen from here.
type Target struct {
	base   *url.URL
	token  string // "" for none
	roots  *x509.CertPool
	client *http.Client
	calls  *shared[*session]

	local bool // on this machine
	dial  func(ctx context.Context) (net.Conn, error)
}

// NewTarget is the server at an address such as parley.example.com, parley.example.com:8443 or http://192.0.2.1:8080.
// Without a token only what needs no user can be tried. Nil roots are the system's.
func NewTarget(address, token string, roots *x509.CertPool) (*Target, error) {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	base, err := url.Parse(address)
	if err != nil || base.Hostname() == "" || base.Scheme != "https" && base.Scheme != "http" || strings.Trim(base.Path, "/") != "" {
		return nil, fmt.Errorf("%q is not an address such as parley.example.com:443 or https://parley.example.com", address)
	}
	base = &url.URL{Scheme: base.Scheme, Host: base.Host}
	return newTarget(base, token, roots, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}), nil
}

// localTarget is the server on this machine: whatever its name and certificate, we talk to our own port.
func localTarget(base *url.URL, address, token string) *Target {
	dial := func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", address) }
	t := newTarget(base, token, nil, &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		// The certificate has a check of its own, and nobody stands between us and a port of this machine.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
	})
	t.local, t.dial = true, dial
	return t
}

func newTarget(base *url.URL, token string, roots *x509.CertPool, transport *http.Transport) *Target {
	transport.DisableKeepAlives = true
	t := &Target{base: base, token: token, roots: roots, client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.calls = &shared[*session]{get: t.openSession}
	t.dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", t.address())
	}
	return t
}

// address is the host and port.
func (t *Target) address() string {
	port := t.base.Port()
	if port == "" {
		port = "443"
		if t.base.Scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(t.base.Hostname(), port)
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 1 << 20

func (t *Target) request(ctx context.Context, method, path, body string) (status int, answer []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, t.base.String()+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if t.token != "" {
		request.Header.Set("Authorization", "Bearer "+t.token)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := t.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, answer, err
}

// health is what a server says of itself.
type health struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"`
	took   time.Duration
}

// errNotParley: something else answers.
var errNotParley = errors.New("something answers that is not Parley")

func (t *Target) health(ctx context.Context) (h health, err error) {
	began := time.Now()
	_, body, err := t.request(ctx, http.MethodGet, "/api/health", "")
	if err != nil {
		return h, err
	}
	h.took = time.Since(began)
	if json.Unmarshal(body, &h) != nil || h.Status == "" || h.Checks["media"] == "" {
		return h, errNotParley
	}
	return h, nil
}

// down lists the parts that are.
func (h health) down() string {
	var names []string
	for name, state := range h.Checks {
		if state != "UP" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// checkHealth asks the server how it is.
func (t *Target) checkHealth(name, advice string) Check {
	return Check{Name: name, Run: func(ctx context.Context) Finding {
		h, err := t.health(ctx)
		switch {
		case errors.Is(err, errNotParley):
			return fail("At %s something answers that is not Parley. See where the name and the port lead, and what the proxy passes on.", t.base)
		case err != nil:
			return fail("%s does not answer: %s. %s", t.base, reason(err), advice)
		case h.Status != "UP":
			return warn("The server says %s: %s. See its log, and run `parley doctor` on its machine.", h.Status, h.down())
		}
		return fine("UP, answers in %s", milliseconds(h.took))
	}}
}

// checkChain sees whether browsers accept the certificate that the server presents for a name.
func (t *Target) checkChain(check, name string) Check {
	return Check{Name: check, Run: func(ctx context.Context) Finding {
		raw, err := t.dial(ctx)
		if err != nil {
			return fail("Port %s cannot be reached: %s. See that the server runs and that the port is open.", t.address(), reason(err))
		}
		defer func() { _ = raw.Close() }()
		// Whatever certificate there is, we want to see it: what is wrong with it is said here, and nothing is sent.
		conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, ServerName: name, MinVersion: tls.VersionTLS12})
		if err := conn.HandshakeContext(ctx); err != nil {
			return fail("There is no TLS for %s at %s: %s. Set server.tls, or have the proxy in front speak TLS; with server.tls.acme see the log for why there is no certificate.", name, t.address(), reason(err))
		}
		return judgeChain(conn.ConnectionState().PeerCertificates, name, t.roots, time.Now())
	}}
}

// checkTCP connects, which says that firewall and routing let us through.
func (t *Target) checkTCP() Check {
	return Check{Name: "TCP", Run: func(ctx context.Context) Finding {
		began := time.Now()
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", t.address())
		if err != nil {
			return fail("TCP port %s cannot be reached: %s. Open it in the firewall and forward it, and see that the server runs.", t.address(), reason(err))
		}
		_ = conn.Close()
		return fine("%s, connected in %s", t.address(), milliseconds(time.Since(began)))
	}}
}
