package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pion/stun/v3"

	"github.com/digierapro/parley/configs"
)

func TestAuthority(t *testing.T) {
	ca := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/directory" {
			_, _ = io.WriteString(w, `{"newOrder":"https://ca.example/order"}`)
		}
	}))
	defer ca.Close()
	root := filepath.Join(t.TempDir(), "root.pem")
	must(t, os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate().Raw}), 0o600))
	wants(t, checkAuthority(ca.URL+"/directory", root), OK, "answers")
	wants(t, checkAuthority(ca.URL+"/directory", ""), Failed, "certificate is not accepted")
	wants(t, checkAuthority(ca.URL+"/other", root), Failed, "no ACME directory")
	wants(t, checkAuthority(ca.URL+"/directory", "/nonexistent"), Failed, "no such file")
	wants(t, checkAuthority("https://127.0.0.1:1", ""), Failed, "refused")
}

func TestDomain(t *testing.T) {
	wants(t, checkDomain("a.example", func(context.Context, string) ([]string, error) { return []string{"192.0.2.1"}, nil }), OK, "192.0.2.1")
	wants(t, checkDomain("a.example", func(context.Context, string) ([]string, error) {
		return nil, &net.DNSError{Name: "a.example", IsNotFound: true}
	}), Failed, "has no address")
}

// stunServer answers with an address that it pretends to see.
// stunServer tells its clients an address, with a port; 0 for their own.
func stunServer(t *testing.T, seen net.IP, port int) net.Addr {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, maxDatagram)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			request := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
			if request.Decode() != nil {
				continue
			}
			response, err := stun.Build(stun.NewTransactionIDSetter(request.TransactionID), stun.BindingSuccess, &stun.XORMappedAddress{IP: seen, Port: cmp.Or(port, from.(*net.UDPAddr).Port)}, stun.Fingerprint)
			if err == nil {
				_, _ = conn.WriteTo(response.Raw, from)
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	return conn.LocalAddr()
}

func TestSTUNServer(t *testing.T) {
	public, private := net.IPv4(203, 0, 113, 7), net.IPv4(10, 0, 0, 7)
	wants(t, checkSTUNServer(stunServer(t, public, 0).String(), ":443"), OK, "203.0.113.7")
	wants(t, checkSTUNServer(stunServer(t, public, 5).String(), ":8080"), Warning, "forwards UDP port 8080 unchanged")
	wants(t, checkSTUNServer(stunServer(t, public, 0).String(), ":444"), Failed, "below 1024")
	wants(t, checkSTUNServer(stunServer(t, private, 0).String(), ":8080"), Warning, "private")
	wants(t, checkSTUNServer(stunServer(t, private, 0).String(), ":443"), Failed, "public addresses only")
	wants(t, quickly(checkSTUNServer(silentUDP(t).String(), ":443")), Failed, "no answer came")
}

// With ACME, the certificate that the running server presents is looked at, whatever its name leads to.
func TestLocalWithACME(t *testing.T) {
	root := issue(t, nil, authority("Public Root"))
	cert := issue(t, root, leaf("parley.example.com"))
	server := httptest.NewUnstartedServer(http.HandlerFunc(answerHealth))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.cert.Raw}, PrivateKey: cert.key}}}
	server.StartTLS()
	defer server.Close()
	cfg := &configs.Config{Data: configs.Data{Dir: t.TempDir()}, Media: configs.Media{PublicIP: configs.PublicIP{Auto: true}, STUNServer: silentUDP(t).String()}}
	cfg.Server.Listen, cfg.Server.AlsoListen = server.Listener.Addr().String(), []string{"127.0.0.1:0"}
	cfg.Server.TLS.ACME = configs.ACME{Domains: []string{"parley.example.com"}, Directory: "https://127.0.0.1:1"}
	var names []string
	for _, c := range Local(t.Context(), cfg, "").Checks {
		names = append(names, c.Name)
		if c.Name == "certificate" {
			wants(t, c, Warning, "Public Root")
		}
	}
	if got := strings.Join(names, ";"); !strings.Contains(got, "TCP port;TCP port;UDP port;media address;ACME authority;domain;certificate;public address") {
		t.Error(got)
	}
}
