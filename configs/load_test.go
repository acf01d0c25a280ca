package configs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

const secret = "0123456789abcdef0123456789abcdef"

func tryLoad(t testing.TB, args ...string) (*Config, error) {
	t.Helper()
	fs := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	Flags(fs)
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return Load(fs)
}

func load(t testing.TB, args ...string) *Config {
	t.Helper()
	c, err := tryLoad(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// clearEnv hides what the one who runs the tests has set.
func clearEnv(t testing.TB) {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "PARLEY_") {
			t.Setenv(name, "")
		}
	}
}

func yamlFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "parley.yaml")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyPair writes a certificate and its key.
func keyPair(t testing.TB) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", private)
}

func TestFlagsBeforeEnvironmentBeforeFileBeforeDefaults(t *testing.T) {
	clearEnv(t)
	path := yamlFile(t, "server: {listen: ':1', publicUrl: 'https://file.example/', allowedOrigins: ['https://A.example:443', 'https://b.example:8443/']}\n"+
		"auth: {secret: "+secret+", issuer: file, audience: file}\nlog: {level: warn}\n")
	t.Setenv("PARLEY_SERVER_LISTEN", ":2")
	t.Setenv("PARLEY_SERVER_PUBLICURL", "https://env.example")
	t.Setenv("PARLEY_SERVER_TRUSTEDPROXIES", " 10.1.2.3/8, ::ffff:192.0.2.1 ,")
	t.Setenv("PARLEY_AUTH_ISSUER", "env")
	t.Setenv("PARLEY_LOG_FORMAT", "json")
	t.Setenv("PARLEY_DATA_DIR", "")

	c := load(t, "--config", path, "--listen", ":3", "--media.publicIp", "::ffff:192.0.2.9", "--data-dir=/tmp/x/../y")
	if c.Server.Listen != ":3" || c.Server.PublicURL != "https://env.example" || c.Auth.Issuer != "env" || c.Auth.Audience != "file" {
		t.Errorf("got %+v", c)
	}
	if want := []string{"https://a.example", "https://b.example:8443"}; !slices.Equal(c.Server.AllowedOrigins, want) {
		t.Errorf("origins %q", c.Server.AllowedOrigins)
	}
	if want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32")}; !slices.Equal(c.Server.TrustedProxies, want) {
		t.Errorf("proxies %v", c.Server.TrustedProxies)
	}
	if c.Media.PublicIP.Addr != netip.MustParseAddr("192.0.2.9") || c.Data.Dir != "/tmp/y" || c.File != path {
		t.Errorf("got %+v", c)
	}
	if c.Log.Level != slog.LevelWarn || c.Log.Format != "json" {
		t.Errorf("log %+v", c.Log)
	}
}

// Every key can be set in each of the three ways, whatever the case of its name does to viper.
func TestEveryKeyFromEverySource(t *testing.T) {
	clearEnv(t)
	cert, key := keyPair(t)
	values := map[string]string{
		"server.alsoListen": "127.0.0.1:10", "server.maxConnections": "99", "server.maxConnectionsPerAddress": "98",
		"server.rateLimits": "false", "server.connectsPerMinute": "9", "chat.messagesPerSecond": "3", "chat.messageBurst": "4", "chat.searchLanguage": "german", "chat.linkPreviews": "false",
		"server.tls.acme.domains": "x.example", "server.tls.acme.email": "a@x.example", "server.tls.acme.agreeToTerms": "true",
		"server.tls.acme.directory": "https://acme.example/dir", "server.tls.acme.rootFile": cert,
		"server.listen": "127.0.0.1:9", "server.publicUrl": "https://x.example", "server.allowedOrigins": "https://y.example",
		"server.tls.cert": cert, "server.tls.key": key, "server.trustedProxies": "10.0.0.0/8", "data.dir": "/tmp/d",
		"auth.secret": strings.Repeat("s", 32), "auth.publicKeyFile": cert, "auth.jwksUrl": "https://z.example/jwks", "auth.issuer": "i", "auth.audience": "a",
		"database.url": "postgres://h/n", "redis.url": "rediss://h/1", "redis.rootFile": cert, "database.binDir": filepath.Dir(cert), "media.publicIp": "192.0.2.1", "media.stunServer": "stun.example.com:3478",
		"media.maxParticipants": "12", "media.maxTalkers": "3", "media.maxUplink": "50", "log.level": "debug", "log.format": "json",
		"turn.enabled": "false", "turn.secret": strings.Repeat("t", 32), "turn.realm": "r", "turn.ttlMinutes": "9", "turn.relay": "198.41.0.0/16",
		"turn.udp": ":9", "turn.tcp": ":9", "turn.tls": ":9", "turn.allocationsPerUser": "8", "turn.allocationsPerAddress": "7",
		"blobs.dir": "/tmp/b", "blobs.s3.bucket": "files", "blobs.s3.region": "auto", "blobs.s3.endpoint": "https://s3.example:9000", "blobs.s3.prefix": "p/q",
		"blobs.s3.accessKeyId": "k", "blobs.s3.secretAccessKey": "w", "blobs.s3.pathStyle": "true",
		"turn.bytesPerSecondPerUser": "10001", "turn.bytesPerSecondPerAddress": "10002",
	}
	for _, f := range fields(&Config{}) {
		value, ok := values[f.key]
		if !ok {
			t.Fatalf("no value for %s in this test", f.key)
		}
		var args []string // what the key cannot do without
		switch f.key {
		case "server.tls.cert":
			args = []string{"--server.tls.key", key}
		case "server.tls.key":
			args = []string{"--server.tls.cert", cert}
		case "redis.rootFile":
			args = []string{"--redis.url", "rediss://h"}
		case "media.stunServer":
			args = []string{"--media.publicIp", "auto"}
		case "server.tls.acme.domains":
			args = []string{"--server.tls.acme.agreeToTerms", "true"}
		case "server.tls.acme.email":
			args = []string{"--server.tls.acme.agreeToTerms", "true", "--server.tls.acme.domains", "x.example"}
		case "blobs.s3.endpoint", "blobs.s3.prefix", "blobs.s3.pathStyle":
			args = []string{"--blobs.s3.bucket", "files"}
		case "blobs.s3.accessKeyId":
			args = []string{"--blobs.s3.bucket", "files", "--blobs.s3.secretAccessKey", "w"}
		case "blobs.s3.secretAccessKey":
			args = []string{"--blobs.s3.bucket", "files", "--blobs.s3.accessKeyId", "k"}
		case "turn.tls":
			args = []string{"--server.tls.cert", cert, "--server.tls.key", key}
		}
		if f.key != "auth.publicKeyFile" && f.key != "auth.jwksUrl" && f.key != "auth.secret" {
			args = append(args, "--auth.secret", secret)
		}
		check := func(source string, c *Config) {
			for _, got := range fields(c) {
				if got.key == f.key && !slices.Equal(got.texts(), []string{value}) {
					t.Errorf("%s from %s: got %q", f.key, source, got.texts())
				}
			}
		}
		check("a flag", load(t, append(args, "--"+f.key, value)...))
		t.Run(f.key, func(t *testing.T) {
			t.Setenv(f.env(), value)
			check("the environment", load(t, args...))
		})
		content, indent := "", ""
		parts := strings.Split(f.key, ".")
		for _, part := range parts[:len(parts)-1] {
			content += indent + part + ":\n"
			indent += "  "
		}
		text := "'" + value + "'"
		if tag, _ := f.tag(); tag != "!!str" {
			text = value
		}
		if f.isList() {
			text = "[" + text + "]"
		}
		check("a file", load(t, append(args, "--config", yamlFile(t, content+indent+parts[len(parts)-1]+": "+text))...))
	}
}

func TestFilesAreInAFolderOrInABucket(t *testing.T) {
	clearEnv(t)
	for want, args := range map[string][]string{
		"/tmp/d/blobs": {"--data-dir=/tmp/d"}, "/tmp/files": {"--data-dir=/tmp/d", "--blobs.dir=/tmp/x/../files"}, "": {"--data-dir=/tmp/d", "--blobs.s3.bucket=files"},
	} {
		if c := load(t, append(args, "--auth.secret", secret)...); c.Blobs.Dir != want || c.Blobs.S3.Enabled() != (want == "") {
			t.Errorf("%v: %+v", args, c.Blobs)
		}
	}
	if c := load(t, "--auth.secret", secret, "--blobs.s3.bucket=files", "--blobs.s3.endpoint=http://s3.example/"); c.Blobs.S3.Endpoint != "http://s3.example" {
		t.Errorf("%+v", c.Blobs)
	}
}

func TestDev(t *testing.T) {
	clearEnv(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	c := load(t, "--dev")
	if !c.Dev || c.Server.Listen != "127.0.0.1:8080" || c.Data.Dir != filepath.Join(here, "parley-data") || c.Auth.Secret != "" {
		t.Errorf("got %+v", c)
	}
	for _, listen := range []string{"localhost:0", "127.8.8.8:1", "[::1]:8080"} {
		load(t, "--dev", "--listen", listen)
	}
	if c := load(t, "--dev", "--dev-allow-remote", "--listen", ":8080"); c.Server.Listen != ":8080" {
		t.Errorf("got %+v", c)
	}
	if c := load(t, "--auth.secret", secret); os.Geteuid() == 0 && c.Data.Dir != "/var/lib/parley" || c.Server.Listen != ":8080" {
		t.Errorf("got %+v", c)
	}
}

func TestBaseURL(t *testing.T) {
	at := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 8080} }
	plain, tls, public := Config{}, Config{}, Config{}
	tls.Server.TLS.Cert = "x"
	public.Server.PublicURL = "https://parley.example"
	tests := []struct {
		c    Config
		ip   string
		want string
	}{
		{plain, "127.0.0.1", "http://localhost:8080"}, {plain, "::", "http://localhost:8080"}, {plain, "2001:db8::1", "http://[2001:db8::1]:8080"},
		{tls, "192.0.2.1", "https://192.0.2.1:8080"}, {public, "192.0.2.1", "https://parley.example"},
	}
	for _, tt := range tests {
		if got := tt.c.BaseURL(at(tt.ip)); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}
