// Package outbound is the one HTTP client for addresses that users name. It reaches servers of the public internet and
// nothing else: each connection's address is checked when it is made, after the name was resolved, so that neither a name
// nor a redirection leads anywhere else. It sends no cookies and no credentials, and knows no proxy.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	maxRedirects = 3
	maxURL       = 2048
	maxHeader    = 64 << 10
)

// Refusals.
var (
	ErrForbidden = errors.New("this address may not be fetched")
	ErrRedirects = errors.New("too many redirections")
	ErrType      = errors.New("the answer is of a type that is not taken")
)

// Config of a Client. The zero value is good.
type Config struct {
	Own       []netip.Addr  // addresses that lead to us beside those of this machine's interfaces
	Resolver  *net.Resolver // nil for the system's
	UserAgent string
	// Permit decides about addresses instead of the rules of the public internet and its ports: for tests.
	Permit func(netip.AddrPort) bool
}

// Client fetches pages.
type Client struct {
	cfg  Config
	http http.Client
}

// New returns a Client.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg}
	dialer := &net.Dialer{Timeout: 3 * time.Second, KeepAlive: -1, Resolver: cfg.Resolver, Control: c.control}
	c.http = http.Client{
		CheckRedirect: c.redirect,
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
			TLSHandshakeTimeout: 3 * time.Second, ResponseHeaderTimeout: 4 * time.Second, MaxResponseHeaderBytes: maxHeader,
		},
	}
	return c
}

// control is asked for each connection, with the address that it is made to.
func (c *Client) control(network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !strings.HasPrefix(network, "tcp") || !c.permitted(to) {
		return fmt.Errorf("%w: %s", ErrForbidden, address)
	}
	return nil
}

func (c *Client) permitted(to netip.AddrPort) bool {
	if c.cfg.Permit != nil {
		return c.cfg.Permit(to)
	}
	return (to.Port() == 80 || to.Port() == 443) && Public(to.Addr()) && !slices.Contains(c.cfg.Own, to.Addr()) && !ours(to.Addr())
}

func (c *Client) redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrRedirects
	}
	r.Header.Del("Referer") // what links where is nobody's business
	return c.check(r.URL)
}

func (c *Client) check(u *url.URL) error {
	port := u.Port()
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.User != nil, len(u.String()) > maxURL,
		port != "" && port != "80" && port != "443" && c.cfg.Permit == nil:
		return ErrForbidden
	}
	return nil
}

// Page is what was fetched: at most as much of it as was asked for.
type Page struct {
	URL         *url.URL // where it was, after all redirections
	ContentType string
	Body        []byte
}

// Get fetches a page whose type is one of those given, and at most limit bytes of it, until ctx ends.
func (c *Client) Get(ctx context.Context, address string, limit int64, types ...string) (Page, error) {
	u, err := url.Parse(address)
	if err != nil {
		return Page{}, errors.Join(ErrForbidden, err)
	}
	if err := c.check(u); err != nil {
		return Page{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Page{}, errors.Join(ErrForbidden, err)
	}
	r.Header.Set("Accept", strings.Join(types, ", "))
	r.Header.Set("Accept-Encoding", "identity") // nothing that grows when it is unpacked
	r.Header.Set("User-Agent", c.cfg.UserAgent)
	answer, err := c.http.Do(r)
	if err != nil {
		return Page{}, fmt.Errorf("fetch a page: %w", err)
	}
	defer answer.Body.Close()
	contentType := answer.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || !slices.Contains(types, kind) || !plain(answer.Header.Get("Content-Encoding")) {
		return Page{}, ErrType
	}
	if answer.StatusCode != http.StatusOK {
		return Page{}, fmt.Errorf("fetch a page: status %d", answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit))
	if err != nil {
		return Page{}, fmt.Errorf("read a page: %w", err)
	}
	return Page{URL: answer.Request.URL, ContentType: contentType, Body: body}, nil
}

func plain(encoding string) bool { return encoding == "" || strings.EqualFold(encoding, "identity") }
