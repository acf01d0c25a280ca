package doctor

import (
	"net"
	"testing"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// serveTURN runs pion's TURN server on UDP, TCP and TLS.
func (f *fakeServer) serveTURN(cert issuer, peers func(net.IP, int) bool) {
	f.t.Helper()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(f.t, err)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	must(f.t, err)
	secure := listenTLS(f.t, &cert)
	relay := &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"}
	permit := func(_ net.Addr, peer net.IP) bool { return peers(peer, 0) }
	server, err := turn.NewServer(turn.ServerConfig{
		Realm: "parley", LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled},
		AuthHandler: func(ra *turn.RequestAttributes) (string, []byte, bool) {
			return ra.Username, turn.GenerateAuthKey(ra.Username, "parley", "secret"), ra.Username == "alice"
		},
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: udp, RelayAddressGenerator: relay, PermissionHandler: permit}},
		ListenerConfigs: []turn.ListenerConfig{
			{Listener: tcp, RelayAddressGenerator: relay, PermissionHandler: permit},
			{Listener: secure, RelayAddressGenerator: relay, PermissionHandler: permit},
		},
	})
	must(f.t, err)
	f.t.Cleanup(func() { _ = server.Close() })
	f.servers = []iceServer{{Username: "alice", Credential: "secret", URLs: []string{
		"stun:127.0.0.1:1", "turn:" + udp.LocalAddr().String() + "?transport=udp",
		"turn:" + tcp.Addr().String() + "?transport=tcp", "turns:" + secure.Addr().String() + "?transport=tcp",
	}}}
}

func TestTURN(t *testing.T) {
	root := issue(t, nil, authority("Public Root"))
	good := issue(t, root, leaf("localhost"))
	f := newFakeServer(t)
	f.offers("udp", f.udp.LocalAddr())
	check := func(name string) Check {
		target := f.target("right")
		target.roots = poolOf(root)
		return way(t, target, name)
	}
	wants(t, check("TURN over UDP"), Warning, "no TURN over UDP")
	f.serveTURN(*good, func(net.IP, int) bool { return true })
	for _, way := range turnNames {
		wants(t, check(way.name), OK, "relays in")
	}
	wants(t, way(t, f.target("right"), "TURN over TLS"), Failed, "certificate is not accepted")

	f.servers[0].Credential = "wrong"
	wants(t, check("TURN over UDP"), Failed, "no relay is given")
	wants(t, check("TURN over TCP"), Failed, "no relay is given")
	f.servers[0] = iceServer{URLs: []string{"turn:" + silentUDP(t).String()}}
	wants(t, quickly(check("TURN over UDP")), Failed, "Open the UDP port")
	f.servers[0] = iceServer{URLs: []string{"turn:127.0.0.1:1?transport=tcp"}}
	wants(t, check("TURN over TCP"), Failed, "refused")
}

// A relay that may not reach the media address is of no use.
func TestTURNThatRefusesTheMediaAddress(t *testing.T) {
	root := issue(t, nil, authority("Public Root"))
	f := newFakeServer(t)
	f.offers("udp", f.udp.LocalAddr())
	f.serveTURN(*issue(t, root, leaf("localhost")), func(net.IP, int) bool { return false })
	wants(t, quickly(way(t, f.target("right"), "TURN over UDP")), Failed, "nothing comes back through it")
}

func TestTURNAddresses(t *testing.T) {
	for text, want := range map[string]turnURL{
		"turn:a.example":                       {"a.example", "3478", "udp"},
		"turn:a.example:443?transport=tcp":     {"a.example", "443", "tcp"},
		"turns:a.example":                      {"a.example", "5349", "tls"},
		"turns:[2001:db8::1]:44?transport=tcp": {"2001:db8::1", "44", "tls"},
	} {
		if got, ok := parseTURN(text); !ok || got != want {
			t.Errorf("%s: %+v", text, got)
		}
	}
	for _, text := range []string{"", "stun:a", "turn:", "turn:a?transport=sctp", "turns:a?transport=udp"} {
		if got, ok := parseTURN(text); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
}
