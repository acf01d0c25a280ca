package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// writePair writes a certificate for 127.0.0.1 and its key, and returns who trusts it.
func writePair(t *testing.T, certFile, keyFile, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path+".new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}

// browse gets pages with a pool of roots, and follows nothing.
func browse(roots *x509.CertPool) *http.Client {
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func fetch(t *testing.T, client *http.Client, method, url string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(within(t), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// One port: pages over https, the socket over wss, plain http sent on, all on several addresses; and the certificate
// changes while they are open.
func TestTLS(t *testing.T) {
	files := t.TempDir()
	certFile, keyFile := filepath.Join(files, "cert.pem"), filepath.Join(files, "key.pem")
	roots := writePair(t, certFile, keyFile, "first.example")
	second := "127.0.0.1:" + strconv.Itoa(freePort(t))
	p := startServer(t, dataFolder(t), "--server.tls.cert", certFile, "--server.tls.key", keyFile, "--server.alsoListen", second)
	address := strings.TrimPrefix(p.url, "https://")
	if address == p.url {
		t.Fatalf("the address is %s", p.url)
	}
	client := browse(roots)
	for _, at := range []string{address, second} {
		if response, body := fetch(t, client, "GET", "https://"+at+"/api/health"); response.StatusCode != 200 || !strings.Contains(body, `"UP"`) {
			t.Errorf("%s: %s %s", at, response.Status, body)
		}
		if response, _ := fetch(t, client, "GET", "http://"+at+"/call/x?y=z"); response.StatusCode != 307 || response.Header.Get("Location") != "https://"+at+"/call/x?y=z" {
			t.Errorf("%s: plain http: %s to %s", at, response.Status, response.Header.Get("Location"))
		}
		if response, _ := fetch(t, client, "POST", "http://"+at+"/api/channels"); response.StatusCode != 403 {
			t.Errorf("%s: a plain POST: %s", at, response.Status)
		}
	}
	socket := dialSecure(t, address, roots)

	newRoots := writePair(t, certFile, keyFile, "second.example")
	eventually(t, "the new certificate is used", func() bool {
		conn, err := tls.Dial("tcp", address, &tls.Config{RootCAs: newRoots})
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	if err := socket.WriteMessage(websocket.TextMessage, []byte(`421["sync",{"channels":{}}]`)); err != nil {
		t.Error(err)
	}
	for answered := false; !answered; {
		_, message, err := socket.ReadMessage()
		if err != nil {
			t.Fatalf("the socket of before: %v", err)
		}
		answered = strings.HasPrefix(string(message), "431[")
	}
	_, metrics := fetch(t, browse(newRoots), "GET", p.url+"/metrics")
	for _, want := range []string{
		"parley_tls_certificate_renewals_total 1\n", `parley_tcp_connections_total{protocol="http"} 4` + "\n", "parley_tls_certificate_expiry_timestamp_seconds 1.",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	p.signal(syscall.SIGTERM)
	if code := p.exits(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// Without its authority the server runs, sends pages on, and asks again later; told to stop it does, though it waits.
func TestACMEWithoutAuthority(t *testing.T) {
	dir := dataFolder(t)
	p := startServer(t, dir, "--server.tls.acme.domains", "parley.test", "--server.tls.acme.agreeToTerms", "true",
		"--server.tls.acme.directory", "https://127.0.0.1:1/dir")
	address := strings.TrimPrefix(p.url, "https://")
	p.says("could not get certificate")
	if _, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}); err == nil {
		t.Error("TLS without a certificate")
	}
	response, _ := fetch(t, browse(nil), "GET", "http://"+address+"/")
	if response.StatusCode != 307 || response.Header.Get("Location") != "https://"+address+"/" {
		t.Errorf("%s to %s", response.Status, response.Header.Get("Location"))
	}
	if response, _ := fetch(t, browse(nil), "GET", "http://"+address+"/.well-known/acme-challenge/x"); response.StatusCode != 307 {
		t.Errorf("a challenge that is none of ours: %s", response.Status) // port 80 is not ours
	}
	p.signal(syscall.SIGTERM)
	if code := p.exits(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestToHTTPS(t *testing.T) {
	for name, tt := range map[string]struct {
		public, request string
		status          int
		to              string
	}{
		"as asked":         {"", "GET /a?b=c HTTP/1.1\r\nHost: x.example:81\r\n\r\n", 307, "https://x.example:81/a?b=c"},
		"public":           {"https://p.example", "GET /a HTTP/1.1\r\nHost: x.example\r\n\r\n", 307, "https://p.example/a"},
		"public and plain": {"http://p.example", "HEAD / HTTP/1.1\r\nHost: x.example\r\n\r\n", 307, "https://x.example/"},
		"two slashes":      {"https://p.example", "GET //evil.example/ HTTP/1.1\r\nHost: x.example\r\n\r\n", 307, "https://p.example//evil.example/"},
		"a whole address":  {"https://p.example", "GET http://evil.example/x HTTP/1.1\r\nHost: x.example\r\n\r\n", 307, "https://p.example/x"},
		"no host":          {"", "GET / HTTP/1.0\r\n\r\n", 403, ""},
		"a token":          {"", "GET /api/me HTTP/1.1\r\nHost: x.example\r\nAuthorization: Bearer x\r\n\r\n", 403, ""},
		"a socket":         {"", "GET /api/socket/io/ HTTP/1.1\r\nHost: x.example\r\nUpgrade: websocket\r\n\r\n", 403, ""},
		"a message":        {"", "POST / HTTP/1.1\r\nHost: x.example\r\nContent-Length: 0\r\n\r\n", 403, ""},
	} {
		request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(tt.request)))
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		toHTTPS(tt.public).ServeHTTP(answer, request)
		if got := answer.Header().Get("Location"); answer.Code != tt.status || got != tt.to {
			t.Errorf("%s: %d to %q", name, answer.Code, got)
		}
	}
}

// dialSecure logs in over wss and waits until the socket may be used.
func dialSecure(t *testing.T, address string, roots *x509.CertPool) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{RootCAs: roots}}
	c, response, err := dialer.DialContext(within(t), "wss://"+address+"/api/socket/io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatalf("%v %v", err, response)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetReadDeadline(time.Now().Add(patience))
	if err := c.WriteMessage(websocket.TextMessage, []byte(`40{"token":"`+tokenFor(t, "alice")+`"}`)); err != nil {
		t.Fatal(err)
	}
	for ready := false; !ready; {
		_, message, err := c.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		ready = strings.HasPrefix(string(message), `42["ready"`)
	}
	return c
}

// Thousands of connections that say nothing, half a ClientHello or half a request: the page is served all the while.
func TestSilentConnections(t *testing.T) {
	files := t.TempDir()
	certFile, keyFile := filepath.Join(files, "cert.pem"), filepath.Join(files, "key.pem")
	roots := writePair(t, certFile, keyFile, "a.example")
	p := startServer(t, dataFolder(t), "--server.tls.cert", certFile, "--server.tls.key", keyFile)
	address, client := strings.TrimPrefix(p.url, "https://"), browse(roots)
	hello := tlsHello(t)
	starts := [][]byte{nil, hello[:len(hello)/2], {0, 3, 0, 8}, hello, {0}}
	var crowd []net.Conn
	defer func() {
		for _, c := range crowd {
			_ = c.Close()
		}
	}()
	var dialer net.Dialer
	for i := range 5000 {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		c, err := dialer.DialContext(ctx, "tcp", address)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, c)
		_, _ = c.Write(starts[i%len(starts)]) // it may be closed already
		if i%500 == 499 {
			if response, _ := fetch(t, client, "GET", p.url+"/api/health"); response.StatusCode != 200 {
				t.Fatalf("after %d: %s", i+1, response.Status)
			}
		}
	}
	_, metrics := fetch(t, client, "GET", p.url+"/metrics")
	number := func(series string) float64 {
		_, rest, _ := strings.Cut(metrics, "\n"+series+" ")
		line, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.ParseFloat(line, 64)
		if err != nil {
			t.Fatalf("%s: %v", series, err)
		}
		return n
	}
	if n := number(`parley_tcp_refused_total{reason="evicted"}`) + number(`parley_tcp_refused_total{reason="timeout"}`); n < 4900 {
		t.Errorf("%.0f were closed", n)
	}
	if n := number("parley_tcp_undecided"); n > 64 {
		t.Errorf("%.0f are undecided", n)
	}
	if n := number("go_goroutines"); n > 64+150 {
		t.Errorf("%.0f goroutines", n)
	}
	if n := number("process_resident_memory_bytes"); n > 256<<20 {
		t.Errorf("%.0f MiB resident", n/(1<<20))
	}
}
