package configs

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"github.com/digierapro/parley/internal/auth"
)

// TURN is the relay for clients that cannot reach the media port.
type TURN struct {
	Enabled    bool           `key:"enabled"`
	Secret     string         `key:"secret"` // "" for one of our own in the data folder
	Realm      string         `key:"realm"`
	TTLMinutes int            `key:"ttlMinutes"`
	UDP        string         `key:"udp"` // ports of its own, beside the main ones
	TCP        string         `key:"tcp"`
	TLS        string         `key:"tls"`
	Relay      []netip.Prefix `key:"relay"`

	AllocationsPerUser       int `key:"allocationsPerUser"`
	AllocationsPerAddress    int `key:"allocationsPerAddress"`
	BytesPerSecondPerUser    int `key:"bytesPerSecondPerUser"`
	BytesPerSecondPerAddress int `key:"bytesPerSecondPerAddress"`
}

func defaultTURN() TURN {
	return TURN{
		Enabled: true, Realm: "parley", TTLMinutes: 720,
		AllocationsPerUser: 12, AllocationsPerAddress: 400,
		BytesPerSecondPerUser: 5_000_000, BytesPerSecondPerAddress: 100_000_000,
	}
}

// TURNSecretFile is where the secret is kept that TURN credentials are made with, unless turn.secret is set.
func (d Data) TURNSecretFile() string { return filepath.Join(d.Dir, "turn-secret") }

func checkTURNSecret(c *Config) error {
	if n := len(c.TURN.Secret); n > 0 && n < auth.MinSecretBytes {
		return fmt.Errorf("has %d bytes and needs at least %d; openssl rand -hex 32 makes a good one", n, auth.MinSecretBytes)
	}
	return nil
}

func checkTURNRealm(c *Config) error {
	for _, r := range c.TURN.Realm {
		if r <= ' ' || r > '~' || r == '"' || r == '\\' {
			return fmt.Errorf("%q has a character that is not a letter, a digit or a simple sign", c.TURN.Realm)
		}
	}
	if n := len(c.TURN.Realm); n == 0 || n > 128 {
		return fmt.Errorf("has %d characters, and a realm has 1 to 128", n)
	}
	return nil
}

func checkTURNPort(address func(TURN) string) func(*Config) error {
	return func(c *Config) error {
		if address(c.TURN) == "" {
			return nil
		}
		host, port, err := net.SplitHostPort(address(c.TURN))
		if err != nil {
			return fmt.Errorf(`%q is not an address such as ":3478" or "192.0.2.1:3478"`, address(c.TURN))
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("%q is not a port from 0 to 65535", port)
		}
		if _, err := netip.ParseAddr(host); host != "" && err != nil {
			return fmt.Errorf("%q is not an IP address: leave it out to listen on all", host)
		}
		return nil
	}
}

func checkTURNTLS(c *Config) error {
	if c.TURN.TLS != "" && !c.Server.TLS.Enabled() {
		return errors.New("is set, and there is no certificate in server.tls to go with it")
	}
	return checkTURNPort(func(t TURN) string { return t.TLS })(c)
}

func atLeast(least int, value func(TURN) int) func(*Config) error {
	return func(c *Config) error {
		if n := value(c.TURN); n < least {
			return fmt.Errorf("%d is less than %d", n, least)
		}
		return nil
	}
}

// turnChecks are of the keys of turn.
var turnChecks = []keyCheck{
	{"turn.secret", checkTURNSecret},
	{"turn.realm", checkTURNRealm},
	{"turn.ttlMinutes", atLeast(5, func(t TURN) int { return t.TTLMinutes })},
	{"turn.udp", checkTURNPort(func(t TURN) string { return t.UDP })},
	{"turn.tcp", checkTURNPort(func(t TURN) string { return t.TCP })},
	{"turn.tls", checkTURNTLS},
	{"turn.allocationsPerUser", atLeast(1, func(t TURN) int { return t.AllocationsPerUser })},
	{"turn.allocationsPerAddress", atLeast(1, func(t TURN) int { return t.AllocationsPerAddress })},
	{"turn.bytesPerSecondPerUser", atLeast(10_000, func(t TURN) int { return t.BytesPerSecondPerUser })},
	{"turn.bytesPerSecondPerAddress", atLeast(10_000, func(t TURN) int { return t.BytesPerSecondPerAddress })},
}
