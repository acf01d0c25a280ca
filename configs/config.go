// Package configs is everything an operator can set. parley.yaml, beside this file, is the manual: it documents every
// key. A value comes from a flag, else the environment, else the file, else the defaults, and is checked before anything
// is started.
package configs

import (
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
)

// Config is the whole configuration, one struct for each part of the file.
type Config struct {
	Server   Server   `key:"server"`
	Data     Data     `key:"data"`
	Auth     Auth     `key:"auth"`
	Database Database `key:"database"`
	Redis    Redis    `key:"redis"`
	Blobs    Blobs    `key:"blobs"`
	Chat     Chat     `key:"chat"`
	Media    Media    `key:"media"`
	TURN     TURN     `key:"turn"`
	Log      Log      `key:"log"`

	Dev            bool   // --dev: a trial without a CRM
	DevAllowRemote bool   // --dev-allow-remote
	File           string // the file that was read, "" for none
}

// Server is where browsers reach us.
type Server struct {
	Listen         string         `key:"listen"`         // TCP and UDP
	AlsoListen     []string       `key:"alsoListen"`     // TCP only
	PublicURL      string         `key:"publicUrl"`      // without a slash at the end; "" when not set
	AllowedOrigins []string       `key:"allowedOrigins"` // scheme://host[:port] in lower case
	TLS            TLS            `key:"tls"`
	TrustedProxies []netip.Prefix `key:"trustedProxies"`

	MaxConnections           int `key:"maxConnections"` // TCP, all together
	MaxConnectionsPerAddress int `key:"maxConnectionsPerAddress"`

	RateLimits        bool `key:"rateLimits"`
	ConnectsPerMinute int  `key:"connectsPerMinute"` // from one address, of those that bring no good token
}

// Addresses are all that we listen on for TCP, the main one first.
func (s Server) Addresses() []string { return append([]string{s.Listen}, s.AlsoListen...) }

// TLS names a certificate and its key, or a certificate authority to get them from, or nothing.
type TLS struct {
	Cert string `key:"cert"`
	Key  string `key:"key"`
	ACME ACME   `key:"acme"`
}

// Enabled tells whether we speak TLS ourselves.
func (t TLS) Enabled() bool { return t.Cert != "" || t.ACME.Enabled() }

// ACME says how to get a certificate from a certificate authority.
type ACME struct {
	Domains   []string `key:"domains"`
	Email     string   `key:"email"`
	Agreed    bool     `key:"agreeToTerms"`
	Directory string   `key:"directory"`
	RootFile  string   `key:"rootFile"` // "" for the roots of the system
}

// Enabled tells whether a certificate is to be got.
func (a ACME) Enabled() bool { return len(a.Domains) > 0 }

// Data is where we keep what must survive a restart.
type Data struct {
	Dir string `key:"dir"` // absolute once loaded
}

// CertificatesDir is where certificates that we get ourselves are kept, with their keys.
func (d Data) CertificatesDir() string { return filepath.Join(d.Dir, "certificates") }

// DevSecretFile is where --dev keeps the secret that it signs tokens with.
func (d Data) DevSecretFile() string { return filepath.Join(d.Dir, "dev-secret") }

// Auth says who signs tokens. Exactly one of the first three is set; with --dev perhaps none.
type Auth struct {
	Secret        string `key:"secret"`
	PublicKeyFile string `key:"publicKeyFile"`
	JWKSURL       string `key:"jwksUrl"`
	Issuer        string `key:"issuer"`
	Audience      string `key:"audience"`
}

// Database is a Postgres of the operator's (URL), or how to find the programs for one of our own.
type Database struct {
	URL    string `key:"url"`
	BinDir string `key:"binDir"`
}

// Chat is about messages.
type Chat struct {
	MessagesPerSecond int `key:"messagesPerSecond"` // of a user, in the long run
	MessageBurst      int `key:"messageBurst"`      // of a user, at once

	SearchLanguage string `key:"searchLanguage"`
	LinkPreviews   bool   `key:"linkPreviews"`
}

// Media is how packets reach us, and how many of them.
type Media struct {
	PublicIP   PublicIP `key:"publicIp"`
	STUNServer string   `key:"stunServer"` // host:port, "" when not set

	MaxParticipants int `key:"maxParticipants"` // of a call
	MaxTalkers      int `key:"maxTalkers"`      // heard at one time
	MaxUplink       int `key:"maxUplink"`       // of a participant, in Mbit/s
}

// PublicIP is an address that is not this machine's own, and not valid when not set.
type PublicIP struct {
	netip.Addr
	Auto bool // ask Media.STUNServer for it
}

// Log is what is written to standard error.
type Log struct {
	Level  slog.Level `key:"level"`
	Format string     `key:"format"` // text or json
}

// Defaults are the values of all keys that nobody sets. An empty data.dir is settled by Load.
func Defaults() Config {
	return Config{
		Server: Server{
			Listen: ":8080", MaxConnections: 50_000, MaxConnectionsPerAddress: 1_000,
			RateLimits: true, ConnectsPerMinute: 60,
			TLS: TLS{ACME: ACME{Directory: letsEncrypt}},
		},
		Blobs: Blobs{S3: S3{Region: "us-east-1"}},
		Chat:  Chat{MessagesPerSecond: 2, MessageBurst: 10, SearchLanguage: "english", LinkPreviews: true},
		Media: Media{MaxParticipants: 50, MaxTalkers: 10, MaxUplink: 20},
		TURN:  defaultTURN(),
		Log:   Log{Level: slog.LevelInfo, Format: "text"},
	}
}

// letsEncrypt is the directory of the certificate authority that nearly everybody means.
const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// devListen is the default address with --dev, where anybody who reaches the page may sign in as anybody.
const devListen = "127.0.0.1:8080"

// BaseURL is the address to open in a browser: server.publicUrl, or one made of the address that we listen on.
func (c *Config) BaseURL(listening net.Addr) string {
	if c.Server.PublicURL != "" {
		return c.Server.PublicURL
	}
	scheme := "http://"
	if c.Server.TLS.Enabled() {
		scheme = "https://"
	}
	tcp, ok := listening.(*net.TCPAddr)
	if !ok {
		return scheme + listening.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() || tcp.IP.IsLoopback() || len(tcp.IP) == 0 {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// LogValue keeps secrets out of the log of whoever logs a configuration.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("file", c.File),
		slog.String("listen", c.Server.Listen),
		slog.String("dataDir", c.Data.Dir),
		slog.Bool("dev", c.Dev),
	)
}
