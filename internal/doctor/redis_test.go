package doctor

import (
	"net"
	"strings"
	"testing"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/testkit"
)

func redisAt(url string) Check {
	return checkRedis(&configs.Config{Redis: configs.Redis{URL: url}, Database: configs.Database{URL: "postgres://h/n"}})
}

func TestRedis(t *testing.T) {
	server := testkit.Redis(t)
	wants(t, redisAt(server.URL()), OK, "is heard after")
	wants(t, checkRedis(&configs.Config{Redis: configs.Redis{URL: server.URL()}}), Warning, "database.url")
	wants(t, redisAt("redis://"+server.Addr()), Failed, "user and password")
	wants(t, redisAt("redis://:wrong@"+server.Addr()), Failed, "user and password")
	wants(t, redisAt(strings.TrimSuffix(server.URL(), "0")+"99"), Failed, "out of range")
	wants(t, redisAt("redis://127.0.0.1:1"), Failed, "refused")
	wants(t, redisAt("rediss://"+server.Addr()), Failed, "rediss://")

	server.Do("ACL", "SETUSER", "parley", "on", ">pw", "~parley:*", "&parley:*", "+@connection", "+@pubsub", "+@hash", "+@string", "+@keyspace", "+@scripting", "+time")
	wants(t, redisAt("redis://parley:pw@"+server.Addr()), OK, "does not tell")
	server.Do("ACL", "SETUSER", "other", "on", ">pw", "~other:*", "&other:*", "+@all")
	wants(t, redisAt("redis://other:pw@"+server.Addr()), Failed, "~parley:* &parley:*")
	server.Do("ACL", "SETUSER", "keyless", "on", ">pw", "&parley:*", "+@all")
	wants(t, redisAt("redis://keyless:pw@"+server.Addr()), Failed, "~parley:* &parley:*")

	replica := testkit.Redis(t, "--replicaof", strings.Replace(server.Addr(), ":", " ", 1))
	wants(t, redisAt(replica.URL()), Failed, "replica")
}

// A Redis that hangs, and a port at which something else answers.
func TestRedisThatIsNone(t *testing.T) {
	server := testkit.Redis(t)
	server.Freeze()
	wants(t, redisAt(server.URL()), Failed, "no answer came")
	server.Thaw()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = l.Close() }()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("SSH-2.0-nothing\r\n"))
			_ = conn.Close()
		}
	}()
	wants(t, redisAt("redis://"+l.Addr().String()), Failed, "redis.url is right")
}
