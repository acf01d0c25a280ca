package certs

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// pebble is a certificate authority of the test's own, in a process of its own.
type pebble struct {
	directory string
	rootFile  string         // that its directory's certificate is checked against
	issues    *x509.CertPool // what its certificates are checked against
}

var pebbleFolder string // "" before it is built

// builtPebble builds it once. It is in a module of its own, so that nothing of it is in ours.
var builtPebble = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parley-pebble-")
	if err != nil {
		return "", err
	}
	pebbleFolder = dir
	program := filepath.Join(dir, "pebble")
	build := exec.Command("go", "build", "-o", program, "github.com/letsencrypt/pebble/v2/cmd/pebble")
	build.Dir = "acmetest"
	build.Stderr = os.Stderr
	return program, build.Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(pebbleFolder)
	os.Exit(code)
}

// startPebble starts an authority that finds us at tlsPort and httpPort and whose certificates live for so long.
func startPebble(t *testing.T, tlsPort, httpPort int, validity time.Duration) *pebble {
	t.Helper()
	program, err := builtPebble()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	own := makePair(t, "localhost", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, own.cert)
	write(t, key, own.key)
	listen, management := freeAddress(t), freeAddress(t)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": listen, "managementListenAddress": management, "certificate": cert, "privateKey": key,
		"httpPort": httpPort, "tlsPort": tlsPort, "keyAlgorithm": "ecdsa", "retryAfter": map[string]int{"authz": 1, "order": 1},
		"profiles": map[string]any{"default": map[string]any{"description": "x", "validityPeriod": int(validity.Seconds())}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "pebble.json"), config)
	cmd := exec.Command(program, "-config", filepath.Join(dir, "pebble.json"), "-dnsserver", nameServer(t))
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	run(t, cmd, "ACME directory available")
	_, port, err := net.SplitHostPort(listen)
	if err != nil {
		t.Fatal(err)
	}
	p := &pebble{directory: "https://localhost:" + port + "/dir", rootFile: cert, issues: x509.NewCertPool()}
	p.issues.AppendCertsFromPEM(p.get(t, "https://"+strings.Replace(management, "127.0.0.1", "localhost", 1)+"/roots/0"))
	return p
}

// run starts a process, waits until it says ready, and ends it with the test.
func run(t *testing.T, cmd *exec.Cmd, ready string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	isReady, done := make(chan struct{}), make(chan struct{})
	var said logged
	go func() {
		defer close(done)
		once := sync.OnceFunc(func() { close(isReady) })
		for lines := bufio.NewScanner(out); lines.Scan(); {
			_, _ = said.Write(append(lines.Bytes(), '\n'))
			if strings.Contains(lines.Text(), ready) {
				once()
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		_ = cmd.Wait() // killed
		if t.Failed() {
			t.Logf("pebble said:\n%s", &said)
		}
	})
	select {
	case <-isReady:
	case <-done:
		t.Fatal("pebble ended")
	case <-time.After(patience):
		t.Fatal("pebble is not ready")
	}
}

func (p *pebble) get(t *testing.T, url string) []byte {
	t.Helper()
	roots := x509.NewCertPool()
	text, err := os.ReadFile(p.rootFile)
	if err != nil || !roots.AppendCertsFromPEM(text) {
		t.Fatal("no root: ", err)
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	var response *http.Response
	eventually(t, url+" answers", func() bool { // it says that it listens before it does
		response, err = client.Get(url)
		return err == nil
	})
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response.Status, err)
	}
	return body
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// nameServer answers over TCP, which pebble asks by, that every name is 127.0.0.1.
func nameServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { answerNames(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); running.Wait() })
	return l.Addr().String()
}

// answerNames answers the queries of a connection, each behind its length.
func answerNames(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	for length := make([]byte, 2); ; {
		if _, err := io.ReadFull(conn, length); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer := answerName(query)
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil || answer == nil {
			return
		}
	}
}

// answerName answers a DNS query with one question: a header of 12 bytes, labels up to an empty one, type and class.
func answerName(query []byte) []byte {
	end := 12
	for end < len(query) && query[end] != 0 {
		end += 1 + int(query[end])
	}
	if end+5 > len(query) {
		return nil
	}
	isA := query[end+1] == 0 && query[end+2] == 1
	answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, query[12:end+5]...)
	if isA {
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return answer
}

// running runs an ACME until the function it returns is called or the test ends.
func running(t *testing.T, a *ACME) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}
