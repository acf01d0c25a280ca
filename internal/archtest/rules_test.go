// Package archtest holds the imports of the module against its design: cmd → adapters and edge → domain → engines →
// leaves → internal base, and never back. It is a test; this file is the design.
package archtest

const module = "github.com/digierapro/parley"

// A pattern is the path of one package, or with /... of a package and all below it.

// layer says what some packages may import of this module. A package belongs to the first layer that names it, and must
// belong to one.
type layer struct {
	name     string
	packages []string
	may      []string
}

var leaves = []string{"sfu/codec", "sfu/rtpbuf", "sfu/rewrite", "sfu/layer", "sfu/speaker", "sfu/mos", "sfu/bwe", "sfu/allocate"}

var layers = []layer{
	{"wiring", []string{"cmd/..."}, []string{"..."}},
	{"benches and browser tests", []string{"bench/...", "e2e/..."}, []string{"..."}},
	// The doctor looks at everything from outside, and at the server as a client does.
	{"doctor", []string{"internal/doctor"}, []string{"configs", "store/postgres", "store/redis", "store/blob", "internal/auth"}},
	{"configuration", []string{"configs"}, []string{"internal/auth"}},

	// Socket.IO is of use to other programs, so it knows nothing of this one.
	{"Socket.IO", []string{"signaling/socketio/..."}, []string{"signaling/socketio/..."}},
	{"edge", []string{"signaling"}, []string{
		"signaling/socketio", "signaling/socketio/engineio", "call", "chat", "chat/...", "recorder", "sfu", "turn", "internal/..."}},

	// An adapter imports the domain whose interface it fills, and no other adapter.
	{"Postgres", []string{"store/postgres/..."}, []string{"store/postgres/...", "call", "chat/...", "recorder", "internal/..."}},
	{"Redis", []string{"store/redis/..."}, []string{"store/redis/...", "call", "chat/...", "internal/..."}},
	{"blobs", []string{"store/blob/..."}, []string{"store/blob/...", "chat/files", "recorder", "internal/..."}},

	// Domain siblings do not import each other.
	{"calls", []string{"call"}, []string{"sfu", "sfu/transport", "turn", "internal/..."}},
	{"chat", []string{"chat"}, []string{"internal/..."}},
	{"presence", []string{"chat/presence"}, []string{"internal/..."}},
	{"notifications", []string{"chat/notify"}, []string{"internal/..."}},
	{"files", []string{"chat/files"}, []string{"internal/..."}},
	{"moderation", []string{"chat/moderation"}, []string{"internal/..."}},
	{"recorder", []string{"recorder/..."}, []string{"recorder/...", "sfu", "sfu/codec", "sfu/rtpbuf", "internal/..."}},

	// Engines run with no database, know no call and no user.
	{"leaves", leaves, leaves},
	{"transport", []string{"sfu/transport/..."}, append([]string{"sfu/transport/...", "internal/fault", "internal/id", "internal/pulse"}, leaves...)},
	{"SFU", []string{"sfu"}, append([]string{"sfu/transport", "internal/fault", "internal/id", "internal/pulse"}, leaves...)},
	{"TURN", []string{"turn/..."}, []string{"turn/...", "internal/fault", "internal/id", "internal/rate"}},

	// The load generator is a client: of the server it knows the protocol, and nothing of what is behind it.
	{"load generator", []string{"loadtest"}, []string{"internal/sioclient"}},

	{"app", []string{"web"}, nil},
	{"test kit", []string{"internal/testkit/..."}, []string{"internal/...", "store/..."}},
	{"base", []string{"internal/..."}, []string{"internal/..."}},
}

// confinement keeps something to the packages that are there for it.
type confinement struct {
	imports []string // patterns of whole import paths
	only    []string // may import them; no one else may, outside test files
	why     string
}

var confinements = []confinement{
	{[]string{"github.com/pion/webrtc/..."}, []string{"bench/..."},
		"it is the client of our tests, never a part of the server"},
	{[]string{
		"github.com/pion/dtls/...", "github.com/pion/srtp/...", "github.com/pion/stun/...", "github.com/pion/sdp/...",
		"github.com/pion/ice/...", "github.com/pion/turn/...",
	}, []string{"sfu/transport/...", "turn/...", "bench/...", "loadtest", "internal/doctor"}, "the transport can be replaced only when nobody else knows it"},
	{[]string{"github.com/jackc/pgx/...", "database/sql"}, []string{"store/postgres/...", "internal/testkit/...", "bench/search", "bench/chat"},
		"SQL lives in store/postgres"},
	{[]string{"github.com/redis/go-redis/..."}, []string{"store/redis"}, "Redis is spoken in store/redis"},
	{[]string{"github.com/gorilla/websocket"}, []string{"signaling/socketio/...", "internal/sioclient", "bench/..."},
		"the socket is the business of signaling/socketio"},
	{[]string{"github.com/aws/..."}, []string{"store/blob", "internal/testkit/s3test"}, "nobody else knows whether files are in a bucket or a folder"},
	{[]string{"github.com/go-jose/go-jose/..."}, []string{"internal/auth"}, "tokens are checked in one place"},
	{[]string{"github.com/prometheus/..."}, []string{"internal/obs"}, "parts have a Stats(), and internal/obs shows it"},
	{[]string{"github.com/caddyserver/certmagic/...", "go.uber.org/zap/..."}, []string{"internal/certs"}, "certificates are got in one place, and we log with slog"},
	{[]string{"github.com/spf13/viper/..."}, []string{"configs"}, "everybody else is handed typed values"},
	{[]string{module + "/internal/testkit/...", "testing/..."}, []string{"bench/...", "internal/testkit/..."},
		"it is for test files"},
	{[]string{module + "/internal/sioclient"}, []string{"bench/...", "loadtest"},
		"it is for tests and load generators"},
}

// pure is what a leaf may not import: it computes, and has neither goroutines nor input and output.
var pure = []string{"net/...", "os/...", "syscall", "context", "log/...", "golang.org/x/net/...", "golang.org/x/sys/..."}
