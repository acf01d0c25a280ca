package configs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// Redis is how several servers hear of each other; an empty URL when there is one.
type Redis struct {
	URL      string `key:"url"`
	RootFile string `key:"rootFile"` // "" for the roots of the system
}

// checkRedisURL never repeats the address: it holds a password.
func checkRedisURL(c *Config) error {
	if c.Redis.URL == "" {
		return nil
	}
	u, err := url.Parse(c.Redis.URL)
	if err != nil || u.Scheme != "redis" && u.Scheme != "rediss" || u.Hostname() == "" {
		return errors.New("is not an address such as redis://:password@host:6379/0, or rediss:// for TLS")
	}
	if _, err := strconv.ParseUint(u.Port(), 10, 16); err != nil && u.Port() != "" {
		return errors.New("has a port that is not from 0 to 65535")
	}
	if number := strings.Trim(u.Path, "/"); number != "" {
		if n, err := strconv.ParseUint(number, 10, 16); err != nil || u.Path != "/"+strconv.FormatUint(n, 10) {
			return errors.New("ends in what is not the number of a database, such as /0")
		}
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("has something after the number of the database, where nothing belongs")
	}
	if u.Scheme == "redis" && c.Redis.RootFile != "" {
		return errors.New("is without TLS, and redis.rootFile says whose certificate to trust: begin the address with rediss://")
	}
	return nil
}

func checkRedisRootFile(c *Config) error {
	if c.Redis.RootFile == "" {
		return nil
	}
	if c.Redis.URL == "" {
		return errors.New("is set and redis.url is not")
	}
	data, err := os.ReadFile(c.Redis.RootFile)
	if err != nil {
		return fmt.Errorf("cannot be read: %w", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data) {
		return errors.New("holds no certificate in PEM")
	}
	return nil
}
