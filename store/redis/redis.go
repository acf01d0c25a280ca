// Package redis connects the nodes of a Parley by one Redis: what is published on one is heard on all. Redis keeps nothing
// that could be lost with it; without it each node goes on by itself, and finds in the database what it was not told.
package redis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Config says which Redis, and whose nodes meet there.
type Config struct {
	URL      string // redis:// or rediss://, with user, password and database number
	RootFile string // for rediss: the authorities that are trusted; "" for those of the system
	Name     string // of the installation: nodes of another name hear nothing of each other
	Logger   *slog.Logger
}

// How long Redis may take.
const (
	dialTime   = 2 * time.Second
	answerTime = 3 * time.Second
)

// poolSize is more than we use: a pool that has failed to dial as often goes on dialing by itself, and answers late when
// Redis is back.
const poolSize = 16

// quiet ends the library's own log, which is not ours; all that goes wrong comes to us as an error as well.
var quiet = sync.OnceFunc(logging.Disable)

// open makes a client, which connects when it is first used.
func (c Config) open() (*redis.Client, error) {
	quiet()
	opts, err := redis.ParseURL(c.URL)
	if err != nil {
		return nil, errors.New("redis: not an address such as redis://:password@host:6379/0") // the error would repeat the password
	}
	if err := c.trust(opts.TLSConfig); err != nil {
		return nil, err
	}
	opts.ClientName = "parley"
	opts.Protocol = 2 // all that is needed, and what every version and every proxy speaks
	opts.DisableIdentity = true
	opts.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	opts.MaxRetries = -1 // an event is published at most once
	opts.DialerRetries = 1
	opts.ContextTimeoutEnabled = true
	opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout = dialTime, answerTime, answerTime
	opts.PoolSize, opts.PipelinePoolSize = poolSize, poolSize // it dials when it must, and we ask for one thing at a time
	return redis.NewClient(opts), nil
}

func (c Config) trust(t *tls.Config) error {
	if c.RootFile == "" || t == nil {
		return nil
	}
	pem, err := os.ReadFile(c.RootFile)
	if err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("redis: %s holds no certificate in PEM", c.RootFile)
	}
	return nil
}

// prefix is what the names of all our keys and channels begin with. Redis parts the keys of its databases, but not the
// channels.
func prefix(database int, name string) string {
	return "parley:" + strconv.Itoa(database) + ":" + name + ":"
}
