package doctor

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

func databaseAt(url string) *configs.Config {
	return &configs.Config{Database: configs.Database{URL: url}}
}

func TestDatabase(t *testing.T) {
	url := testkit.PostgresURL(t)
	wants(t, checkDatabase(databaseAt(url)), OK, "schema version")
	empty := testkit.EmptyPostgresURL(t)
	wants(t, checkDatabase(databaseAt(empty)), OK, "from version 0 to")
	wants(t, checkDatabase(databaseAt("postgres://parley@127.0.0.1:1/parley")), Failed, "pg_hba.conf")
	wants(t, checkDatabase(databaseAt(strings.Replace(url, "/test_", "/no_", 1))), Failed, "does not exist")
	wants(t, checkClock([]clock{databaseClock(url)}), OK, "the database")
	wants(t, checkClock([]clock{databaseClock("postgres://parley@127.0.0.1:1/parley")}), Warning, "NTP")
}

// Our own database is found while it runs, and what it would be otherwise.
func TestOwnDatabase(t *testing.T) {
	dir := testkit.Folder(t)
	cfg := &configs.Config{Data: configs.Data{Dir: dir}}
	wants(t, checkDatabase(cfg), OK, "starts with the server")
	cluster := postgres.NewCluster(postgres.ClusterConfig{Dir: filepath.Join(dir, "postgres"), Logger: testkit.Logger(t), Scratch: true})
	must(t, cluster.Start(t.Context()))
	wants(t, checkDatabase(cfg), OK, "from version 0")
	cluster.Stop()
	wants(t, checkDatabase(cfg), OK, "starts with the server")
	cfg.Database.BinDir = dir
	wants(t, checkDatabase(cfg), Failed, "database.binDir")
}

func TestClock(t *testing.T) {
	at := func(skew time.Duration, err error) clock {
		return clock{"a server", func(context.Context) (time.Duration, error) { return skew, err }}
	}
	wants(t, checkClock([]clock{at(time.Second, nil)}), OK, "a server")
	wants(t, checkClock([]clock{at(20*time.Second, nil)}), Warning, "20s behind")
	wants(t, checkClock([]clock{at(0, nil), at(-3*time.Minute, nil)}), Failed, "3m0s ahead of")
	wants(t, checkClock([]clock{at(0, errors.New("no")), at(0, nil)}), OK, "agrees")

	off := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat))
	}))
	defer off.Close()
	wants(t, checkClock([]clock{webClock("the web", off.URL, off.Client())}), Failed, "ahead of")
	right := httptest.NewServer(http.HandlerFunc(answerHealth))
	defer right.Close()
	wants(t, checkClock([]clock{webClock("the web", right.URL, right.Client())}), OK, "agrees")
}

func TestKeys(t *testing.T) {
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/keys":
			_, _ = w.Write([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`))
		case "/empty":
			_, _ = w.Write([]byte(`{"keys":[]}`))
		default:
			http.NotFound(w, r)
		}
	}))
	defer crm.Close()
	wants(t, checkKeys(crm.URL+"/keys", http.DefaultTransport), OK, "1 usable")
	wants(t, checkKeys(crm.URL+"/empty", http.DefaultTransport), Failed, "holds no")
	wants(t, checkKeys(crm.URL+"/other", http.DefaultTransport), Failed, "404")
	wants(t, checkKeys("http://127.0.0.1:1/keys", http.DefaultTransport), Failed, "refused")
	crm.CloseClientConnections()
	http.DefaultClient.CloseIdleConnections()
}

func TestOrigins(t *testing.T) {
	check := func(origins ...string) Check {
		return checkOrigins(configs.Server{PublicURL: "https://parley.example.com", AllowedOrigins: origins})
	}
	wants(t, check("https://crm.example.com"), OK, "crm")
	wants(t, check("http://localhost:3000"), Warning, "development")
	wants(t, check("http://crm.example.com"), Warning, "https")
	wants(t, check("https://parley.example.com"), Warning, "Take it out")
}

func TestMediaAddress(t *testing.T) {
	has := func(addresses ...string) func() ([]net.Addr, error) {
		return func() (list []net.Addr, err error) {
			for _, a := range addresses {
				list = append(list, &net.IPNet{IP: net.ParseIP(a), Mask: net.CIDRMask(8, 32)})
			}
			return list, nil
		}
	}
	none, public := netip.Addr{}, netip.MustParseAddr("203.0.113.7")
	wants(t, checkMediaAddress(none, ":8080", has("127.0.0.1", "203.0.113.9")), OK, "203.0.113.9")
	wants(t, checkMediaAddress(none, ":8080", has("10.0.0.5", "fe80::1")), Warning, "media.publicIp")
	wants(t, checkMediaAddress(none, ":8080", has("100.64.1.1")), Warning, "private")
	wants(t, checkMediaAddress(public, ":8080", has("10.0.0.5")), OK, "203.0.113.7")
	wants(t, checkMediaAddress(netip.MustParseAddr("192.168.1.4"), ":8080", has("192.168.1.4")), Warning, "private")
	wants(t, checkMediaAddress(none, ":443", has("203.0.113.9")), OK, "203.0.113.9")
	wants(t, checkMediaAddress(public, ":443", has("10.0.0.5")), OK, "203.0.113.7")
	wants(t, checkMediaAddress(none, ":443", has("10.0.0.5")), Failed, "public addresses only")
	wants(t, checkMediaAddress(none, ":80", has("100.64.1.1")), Failed, "public addresses only")
	wants(t, checkMediaAddress(netip.MustParseAddr("192.168.1.4"), ":443", has("192.168.1.4")), Failed, "public addresses only")
	wants(t, checkMediaAddress(none, "127.0.0.1:443", has("10.0.0.5")), Failed, "public addresses only")
	wants(t, checkMediaAddress(public, ":1023", has("203.0.113.9")), Failed, "below 1024")
	wants(t, checkMediaAddress(none, "127.0.0.1:0", has("10.0.0.5")), OK, "this machine only")
	wants(t, checkMediaAddress(none, "127.0.0.1:8080", has("10.0.0.5")), OK, "this machine only")
	wants(t, checkMediaAddress(none, ":8080", func() ([]net.Addr, error) { return nil, errors.New("no") }), Failed, "media.publicIp")
}
