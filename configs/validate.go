package configs

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/digierapro/parley/internal/auth"
)

// keyCheck holds a key against what it may be, and against the others. Every error goes on from "server.listen
// (parley.yaml:3): ".
type keyCheck struct {
	key   string
	check func(*Config) error
}

var checks = []keyCheck{
	{"server.listen", checkListen},
	{"server.alsoListen", checkAlsoListen},
	{"server.maxConnections", checkMaxConnections},
	{"server.maxConnectionsPerAddress", checkMaxPerAddress},
	{"server.connectsPerMinute", between(func(c *Config) int { return c.Server.ConnectsPerMinute }, 1, 100_000)},
	{"server.publicUrl", checkPublicURL},
	{"server.allowedOrigins", checkOrigins},
	{"server.tls.cert", checkCert},
	{"server.tls.key", checkCertKey},
	{"server.tls.acme.domains", checkDomains},
	{"server.tls.acme.email", checkEmail},
	{"server.tls.acme.agreeToTerms", checkAgreed},
	{"server.tls.acme.directory", checkDirectory},
	{"server.tls.acme.rootFile", checkRootFile},
	{"auth.secret", checkSecret},
	{"auth.publicKeyFile", checkPublicKeyFile},
	{"auth.jwksUrl", checkJWKSURL},
	{"database.url", checkDatabaseURL},
	{"database.binDir", checkBinDir},
	{"redis.url", checkRedisURL},
	{"redis.rootFile", checkRedisRootFile},
	{"chat.messagesPerSecond", between(func(c *Config) int { return c.Chat.MessagesPerSecond }, 1, 1000)},
	{"chat.searchLanguage", checkSearchLanguage},
	{"chat.messageBurst", between(func(c *Config) int { return c.Chat.MessageBurst }, 1, 1000)},
	{"media.publicIp", checkPublicIP},
	{"media.stunServer", checkSTUNServer},
	{"media.maxParticipants", between(func(c *Config) int { return c.Media.MaxParticipants }, 2, 100)},
	{"media.maxTalkers", between(func(c *Config) int { return c.Media.MaxTalkers }, 1, 100)},
	{"media.maxUplink", between(func(c *Config) int { return c.Media.MaxUplink }, 1, 1000)},
	{"log.format", checkFormat},
}

func (l *loader) validate(c *Config) error {
	if c.DevAllowRemote && !c.Dev {
		return fmt.Errorf("--%s says nothing without --%s", flagDevAllowRemote, flagDev)
	}
	for _, check := range slices.Concat(checks, turnChecks, blobChecks) {
		if err := check.check(c); err != nil {
			return fmt.Errorf("%s (%s): %w", check.key, l.source(check.key), err)
		}
	}
	if c.Dev || c.Auth.Secret != "" || c.Auth.PublicKeyFile != "" || c.Auth.JWKSURL != "" {
		return nil
	}
	where := "in the environment, or in a file named by --config"
	if c.File != "" {
		where = "in " + c.File + " or in the environment"
	}
	return fmt.Errorf("nothing says who signs tokens: set auth.secret, auth.publicKeyFile or auth.jwksUrl %s, or try Parley without a CRM with --dev", where)
}

func checkPublicURL(c *Config) error {
	if c.Server.PublicURL == "" {
		return nil
	}
	if u, err := url.Parse(c.Server.PublicURL); err != nil || !isOrigin(u) {
		return fmt.Errorf("%q is not an address such as https://parley.example.com, without a path", c.Server.PublicURL)
	}
	return nil
}

func checkOrigins(c *Config) error {
	for _, origin := range c.Server.AllowedOrigins {
		if u, err := url.Parse(origin); err != nil || !isOrigin(u) {
			return fmt.Errorf("%q is not an origin such as https://crm.example.com", origin)
		}
	}
	return nil
}

// isOrigin tells whether u is a scheme, a host and perhaps a port, as browsers send it in the Origin header.
func isOrigin(u *url.URL) bool {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host}
	foreign := func(r rune) bool { return r == '*' || r >= 0x80 } // a name in other letters is sent in the form xn--
	return isHTTP(u) && *u == bare && !strings.ContainsFunc(u.Host, foreign)
}

func isHTTP(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

func checkSecret(c *Config) error {
	if c.Auth.Secret == "" {
		return nil
	}
	if c.Auth.PublicKeyFile != "" {
		return errors.New("is set and so is auth.publicKeyFile: tokens are checked in one way only")
	}
	if c.Auth.JWKSURL != "" {
		return errors.New("is set and so is auth.jwksUrl: tokens are checked in one way only")
	}
	if n := len(c.Auth.Secret); n < auth.MinSecretBytes {
		return fmt.Errorf("has %d bytes and needs at least %d; openssl rand -hex 32 makes a good one", n, auth.MinSecretBytes)
	}
	return nil
}

func checkPublicKeyFile(c *Config) error {
	if c.Auth.PublicKeyFile == "" {
		return nil
	}
	if c.Auth.JWKSURL != "" {
		return errors.New("is set and so is auth.jwksUrl: tokens are checked in one way only")
	}
	if c.Dev {
		return errors.New("cannot be used with --dev, which signs tokens itself")
	}
	if _, err := auth.Open(auth.Config{PublicKeyFile: c.Auth.PublicKeyFile}, slog.New(slog.DiscardHandler)); err != nil {
		return fmt.Errorf("cannot be used: %w", err)
	}
	return nil
}

func checkJWKSURL(c *Config) error {
	if c.Auth.JWKSURL == "" {
		return nil
	}
	if c.Dev {
		return errors.New("cannot be used with --dev, which signs tokens itself")
	}
	if u, err := url.Parse(c.Auth.JWKSURL); err != nil || !isHTTP(u) {
		return errors.New("is not an http or https address")
	}
	return nil
}

// checkDatabaseURL never repeats the address: it holds a password.
func checkDatabaseURL(c *Config) error {
	if c.Database.URL == "" {
		return nil
	}
	u, err := url.Parse(c.Database.URL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return errors.New("is not an address such as postgres://user:password@host:5432/name")
	}
	return nil
}

func checkBinDir(c *Config) error {
	if c.Database.BinDir == "" {
		return nil
	}
	if c.Database.URL != "" {
		return errors.New("is for the Postgres that Parley runs itself and says nothing beside database.url")
	}
	if info, err := os.Stat(c.Database.BinDir); err != nil || !info.IsDir() {
		return fmt.Errorf("%q is not a folder", c.Database.BinDir)
	}
	return nil
}

func checkPublicIP(c *Config) error {
	if c.Media.PublicIP.Auto && c.Media.STUNServer == "" {
		return errors.New("is auto, and media.stunServer names nobody to ask")
	}
	return nil
}

func checkSTUNServer(c *Config) error {
	if c.Media.STUNServer == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(c.Media.STUNServer)
	if n, portErr := strconv.ParseUint(port, 10, 16); err != nil || host == "" || portErr != nil || n == 0 {
		return fmt.Errorf("%q is not a host and a port such as stun.example.com:3478", c.Media.STUNServer)
	}
	if !c.Media.PublicIP.Auto {
		return errors.New("is set, and says nothing unless media.publicIp is auto")
	}
	return nil
}

// between checks a number that is bounded both ways.
func between(value func(*Config) int, least, most int) func(*Config) error {
	return func(c *Config) error {
		if n := value(c); n < least || n > most {
			return fmt.Errorf("%d is not between %d and %d", n, least, most)
		}
		return nil
	}
}

func checkFormat(c *Config) error {
	if c.Log.Format != "text" && c.Log.Format != "json" {
		return fmt.Errorf("%q is neither text nor json", c.Log.Format)
	}
	return nil
}
