package outbound

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestOnlyThePublicInternetIsPublic(t *testing.T) {
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
		"192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::",
		"2001:db8::1", "2002:7f00:1::", "fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "2a00:1450::1%eth0", "ff02::1", "3fff::1",
	} {
		if Public(netip.MustParseAddr(a)) {
			t.Errorf("%s counts as public", a)
		}
	}
	for _, a := range []string{"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::1", "2606:4700::1111"} {
		if !Public(netip.MustParseAddr(a)) {
			t.Errorf("%s does not count as public", a)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address counts as public")
	}
}

// site is a server on this machine that counts who comes.
func site(t *testing.T, handle http.HandlerFunc) (server *httptest.Server, hits *atomic.Int32) {
	hits = new(atomic.Int32)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	return server, hits
}

func page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<title>x</title>"))
}

func permitOnly(address string) func(netip.AddrPort) bool {
	return func(to netip.AddrPort) bool { return to.String() == strings.TrimPrefix(address, "http://") }
}

func get(t *testing.T, c *Client, address string) (Page, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return c.Get(ctx, address, 1000, "text/html")
}

func TestWhatIsNotPublicIsNeverReached(t *testing.T) {
	server, hits := site(t, page)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	c := New(Config{Permit: func(to netip.AddrPort) bool { return Public(to.Addr()) }}) // any port, so that addresses alone decide
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1."} {
		if _, err := get(t, c, "http://"+host+":"+port+"/"); err == nil {
			t.Errorf("%s was fetched", host)
		}
	}
	plain := New(Config{})
	for _, address := range []string{
		server.URL, "http://127.0.0.1/", "ftp://example.com/", "file:///etc/passwd", "http://user:secret@example.com/", "http://example.com:22/",
		"gopher://example.com", "http://", "//example.com", "http://[fe80::1%25lo]/", "http://example.com/" + strings.Repeat("x", 3000), "http://exa\nmple.com/",
	} {
		if _, err := get(t, plain, address); !errors.Is(err, ErrForbidden) {
			t.Errorf("%.60q: %v", address, err)
		}
	}
	if n := hits.Load(); n != 0 {
		t.Errorf("the server on this machine was reached %d times", n)
	}
}

func TestOurOwnAddressesAreRefused(t *testing.T) {
	own := netip.MustParseAddr("8.8.8.8")
	c := New(Config{Own: []netip.Addr{own}})
	if c.permitted(netip.AddrPortFrom(own, 80)) || c.permitted(netip.MustParseAddrPort("8.8.4.4:8080")) || !c.permitted(netip.MustParseAddrPort("8.8.4.4:443")) {
		t.Error("own addresses and other ports")
	}
	if !ours(netip.MustParseAddr("127.0.0.1")) || ours(own) {
		t.Error("the machine does not know its addresses")
	}
}

// rebinding is a DNS server that names a harmless address first and this machine from then on.
func rebinding(t *testing.T) *net.Resolver {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		buffer, asked := make([]byte, 1500), 0
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buffer[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			m.Header = dnsmessage.Header{ID: m.ID, Response: true, Authoritative: true}
			m.Additionals = nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				address := [4]byte{192, 0, 2, 1}
				if asked++; asked > 1 {
					address = [4]byte{127, 0, 0, 1}
				}
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: address}}}
			}
			if answer, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// TestARebindingNameDoesNotReachThisMachine: the address is judged when the connection is made, not before.
func TestARebindingNameDoesNotReachThisMachine(t *testing.T) {
	server, hits := site(t, page)
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	resolver := rebinding(t)
	c := New(Config{Resolver: resolver, Permit: func(to netip.AddrPort) bool { return Public(to.Addr()) }})
	for range 4 {
		if _, err := get(t, c, "http://rebind.example:"+port+"/"); !errors.Is(err, ErrForbidden) {
			t.Errorf("got %v", err)
		}
	}
	if hits.Load() != 0 {
		t.Fatal("this machine was reached")
	}
	open := New(Config{Resolver: resolver, Permit: permitOnly(server.URL)}) // the name does lead here
	if _, err := get(t, open, "http://rebind.example:"+port+"/"); err != nil || hits.Load() != 1 {
		t.Errorf("the test's own server cannot be reached: %v", err)
	}
}

func TestEachRedirectionIsJudged(t *testing.T) {
	inner, innerHits := site(t, page)
	var outer *httptest.Server
	var outerHits *atomic.Int32
	outer, outerHits = site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") != "" || r.Header.Get("Authorization") != "" || r.Header.Get("Referer") != "" {
			t.Errorf("sent %v", r.Header)
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		to := map[string]string{
			"/inside": inner.URL, "/file": "file:///etc/passwd", "/loop": outer.URL + "/loop", "/password": "http://a:b@" + strings.TrimPrefix(outer.URL, "http://"),
			"/one": outer.URL + "/two", "/two": outer.URL + "/three", "/three": outer.URL + "/page",
		}[r.URL.Path]
		if to == "" {
			page(w, r)
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	c := New(Config{Permit: permitOnly(outer.URL)})
	for path, want := range map[string]error{"/inside": ErrForbidden, "/file": ErrForbidden, "/loop": ErrRedirects, "/password": ErrForbidden, "/one": nil} {
		before := outerHits.Load()
		got, err := get(t, c, outer.URL+path)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil && got.URL.String() != outer.URL+"/page" {
			t.Errorf("%s: was at %s", path, got.URL)
		}
		if n := outerHits.Load() - before; n > 1+maxRedirects {
			t.Errorf("%s: %d requests", path, n)
		}
	}
	if innerHits.Load() != 0 {
		t.Error("a redirection led inside")
	}
}

func TestNoProxyIsUsed(t *testing.T) {
	proxy, hits := site(t, page)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	if _, err := get(t, New(Config{Permit: permitOnly(proxy.URL)}), "http://nowhere.invalid/"); err == nil || hits.Load() != 0 {
		t.Errorf("the proxy was asked %d times, %v", hits.Load(), err)
	}
}

func TestPagesAreBounded(t *testing.T) {
	stop := make(chan struct{})
	server, _ := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			w.Header().Set("Content-Type", "text/html")
			for range 1000 {
				_, _ = w.Write(make([]byte, 1000))
			}
		case "/slow":
			w.Header().Set("Content-Type", "text/html")
			w.(http.Flusher).Flush()
			<-stop
		case "/packed":
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "gzip")
		case "/image":
			w.Header().Set("Content-Type", "image/svg+xml")
		case "/missing":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNotFound)
		}
	})
	defer close(stop)
	c := New(Config{Permit: permitOnly(server.URL)})
	if p, err := get(t, c, server.URL+"/large"); err != nil || len(p.Body) != 1000 {
		t.Errorf("%d bytes, %v", len(p.Body), err)
	}
	for _, path := range []string{"/packed", "/image"} {
		if _, err := get(t, c, server.URL+path); !errors.Is(err, ErrType) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := get(t, c, server.URL+"/missing"); err == nil {
		t.Error("an error page was taken")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Get(ctx, server.URL+"/slow", 1000, "text/html"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
