package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestImportsFollowTheDesign(t *testing.T) {
	g := readModule(t, filepath.Join("..", ".."))
	if _, found := g[module+"/internal/archtest"]; len(g) < 10 || !found {
		t.Fatalf("go list gave %d packages and cannot be right", len(g))
	}
	for _, v := range violations(g) {
		t.Error(v)
	}
}

// readModule asks the go tool for the imports of every package, broken ones too: that a package does not build is for
// another test to say.
func readModule(t *testing.T, root string) graph {
	t.Helper()
	readSources(t, root)
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	g := graph{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatal(err)
		}
		g[pkg.ImportPath] = pkg.Imports
	}
}

// readSources looks at every source file of the module, only so that go test knows that this test depends on them: it
// does not see what go list reads, and would call an old result cached.
func readSources(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "parley-data") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		_, err = os.Stat(path)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// The rules would be worth nothing if they let everything through.
func TestRulesCatchWhatTheyShould(t *testing.T) {
	tests := []struct {
		from, imported string
		allowed        bool
	}{
		{"cmd/parley", module + "/store/postgres", true},
		{"signaling", module + "/call", true},
		{"signaling", module + "/signaling/socketio", true},
		{"store/postgres", module + "/chat", true},
		{"store/redis", module + "/internal/bus", true},
		{"store/redis", "github.com/redis/go-redis/v9", true},
		{"call", module + "/sfu", true},
		{"sfu", module + "/sfu/codec", true},
		{"sfu", "github.com/pion/rtcp", true},
		{"sfu/rewrite", module + "/sfu/codec", true},
		{"sfu/transport", "github.com/pion/dtls/v3", true},
		{"sfu/transport", "github.com/pion/srtp/v3", true},
		{"bench/sockets", "github.com/gorilla/websocket", true},
		{"loadtest", "github.com/pion/dtls/v3", true},
		{"loadtest", module + "/internal/sioclient", true},
		{"cmd/parley", module + "/loadtest", true},
		{"internal/bus", module + "/internal/fault", true},
		{"signaling/socketio", module + "/signaling/socketio/engineio", true},

		{"signaling", module + "/store/postgres", false},
		{"signaling", module + "/configs", false},
		{"signaling/socketio", module + "/internal/fault", false},
		{"signaling/socketio/engineio", module + "/signaling", false},
		{"store/postgres", module + "/signaling", false},
		{"store/postgres", module + "/store/redis", false},
		{"store/redis", module + "/store/postgres", false},
		{"signaling", module + "/store/redis", false},
		{"chat", module + "/store/redis", false},
		{"cmd/parley", "github.com/redis/go-redis/v9", false},
		{"store/postgres", module + "/sfu", false},
		{"chat", module + "/call", false},
		{"call", module + "/chat", false},
		{"chat/presence", module + "/chat", false},
		{"chat", module + "/chat/presence", false},
		{"chat", module + "/store/postgres", false},
		{"call", module + "/signaling", false},
		{"sfu", module + "/call", false},
		{"sfu", module + "/chat", false},
		{"sfu", module + "/signaling", false},
		{"sfu", module + "/store/postgres", false},
		{"sfu", module + "/internal/auth", false},
		{"sfu", "github.com/pion/webrtc/v4", false},
		{"sfu", "github.com/pion/sdp/v3", false},
		{"sfu/transport", module + "/sfu", false},
		{"sfu/transport", "github.com/pion/webrtc/v4", false},
		{"sfu/codec", module + "/internal/fault", false},
		{"sfu/codec", module + "/sfu", false},
		{"sfu/layer", "net", false},
		{"sfu/rtpbuf", "net/netip", false},
		{"sfu/bwe", "os", false},
		{"turn", module + "/sfu", false},
		{"loadtest", module + "/sfu", false},
		{"loadtest", module + "/sfu/codec", false},
		{"loadtest", module + "/call", false},
		{"loadtest", module + "/signaling", false},
		{"loadtest", "github.com/pion/webrtc/v4", false},
		{"signaling", module + "/internal/sioclient", false},
		{"internal/auth", module + "/chat", false},
		{"internal/fault", module + "/configs", false},
		{"configs", module + "/signaling", false},
		{"chat", "github.com/jackc/pgx/v5", false},
		{"cmd/parley", "github.com/spf13/viper", false},
		{"signaling", "github.com/go-jose/go-jose/v4", false},
		{"call", "github.com/prometheus/client_golang/prometheus", false},
		{"cmd/parley", module + "/internal/testkit", false},
		{"chat", "testing", false},
		{"web", module + "/chat", false},
		{"utils", "strings", false},
		{"", "strings", false},
	}
	for _, tt := range tests {
		found := violations(graph{strings.TrimSuffix(module+"/"+tt.from, "/"): {"fmt", tt.imported}})
		if (len(found) == 0) != tt.allowed {
			t.Errorf("%s importing %s: allowed must be %v, got %q", tt.from, tt.imported, tt.allowed, found)
		}
	}
}

func TestMatches(t *testing.T) {
	paths := []string{"", "chat", "chat/files", "chatting"}
	for pattern, want := range map[string][]string{
		"...":      paths,
		"chat":     {"chat"},
		"chat/...": {"chat", "chat/files"},
		"files":    nil,
	} {
		got := slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !matches(pattern, path) })
		if !slices.Equal(got, want) {
			t.Errorf("%q matches %q, want %q", pattern, got, want)
		}
	}
}
