package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/digierapro/parley/loadtest"
)

func TestServeFromStartToEnd(t *testing.T) {
	dir := dataFolder(t)
	p := startServer(t, dir)
	if got := p.health(); got != "UP" {
		t.Errorf("health is %s", got)
	}
	address := strings.TrimPrefix(p.url, "http://")

	second := spawn(t, nil, "--listen", address, "--data-dir", dir+"-of-another")
	if code := second.exits(); code != 1 || !oneSentence(second, "server.listen: cannot open TCP port") {
		t.Errorf("port taken: exit code %d: %s", code, &second.log)
	}
	if _, err := os.Stat(dir + "-of-another"); err == nil {
		t.Error("port taken: a data folder was made all the same")
	}
	second = spawn(t, nil, "--listen", "127.0.0.1:0", "--data-dir", dir)
	if code := second.exits(); code != 1 || !oneSentence(second, "another Parley is running on the folder") {
		t.Errorf("folder taken: exit code %d: %s", code, &second.log)
	}

	pid := postmaster(t, dir)
	p.signal(syscall.SIGTERM)
	p.signal(syscall.SIGTERM) // an impatient operator changes nothing
	if code := p.exits(); code != 0 {
		t.Errorf("stopped: exit code %d", code)
	}
	if alive(pid) {
		t.Errorf("process %d of the database is left", pid)
	}
}

// oneSentence: the process has written nothing but one line with the text in it.
func oneSentence(p *process, text string) bool {
	said := strings.TrimSpace(p.log.String())
	return strings.HasPrefix(said, "parley: ") && strings.Contains(said, text) && !strings.Contains(said, "\n")
}

func TestServeSaysWhyItCannotStart(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	dir := dataFolder(t)
	foreign := filepath.Join(dir, "postgres")
	if err := os.MkdirAll(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		code int
		says string
		env  string
		args []string
	}{
		"a key that is none": {2, "no-such", "", []string{"--no-such"}},
		"a short secret":     {2, "auth.secret (PARLEY_AUTH_SECRET)", "PARLEY_AUTH_SECRET=short", nil},
		"no database there":  {1, "the database cannot be used: dial tcp", "PARLEY_DATABASE_URL=postgres://u:hunter2@127.0.0.1:9/x", nil},
		"no such host":       {1, "the database cannot be used: ", "PARLEY_DATABASE_URL=postgres://u:hunter2@nowhere.invalid/x", nil},
		"somebody's folder":  {1, "was not made by Parley", "", []string{"--data-dir", dir}},
	} {
		p := spawn(t, []string{tt.env}, append([]string{"--listen", "127.0.0.1:0"}, tt.args...)...)
		if code := p.exits(); code != tt.code || !oneSentence(p, tt.says) || strings.Contains(p.log.String(), "hunter2") {
			t.Errorf("%s: exit code %d: %s", name, code, &p.log)
		}
	}
	p := spawn(t, nil, "--listen", taken.LocalAddr().String(), "--data-dir", dataFolder(t))
	if code := p.exits(); code != 1 || !strings.Contains(p.log.String(), "parley: server.listen: cannot open UDP port") {
		t.Errorf("UDP port taken: exit code %d: %s", code, &p.log)
	}
}

func TestServeStoppedWhileItStarts(t *testing.T) {
	dir := dataFolder(t)
	p := spawn(t, nil, "--listen", "127.0.0.1:0", "--data-dir", dir)
	p.says("making a database")
	p.signal(syscall.SIGTERM)
	if code := p.exits(); code != 0 || strings.Contains(p.log.String(), "parley: ") {
		t.Errorf("exit code %d: %s", code, &p.log)
	}
	// Killed, it can remove nothing itself; the next start does, and begins anew.
	p = spawn(t, nil, "--listen", "127.0.0.1:0", "--data-dir", dir)
	p.says("making a database")
	p.signal(syscall.SIGKILL)
	p.exits()
	eventually(t, "what it had just forked, too, has let go of the folder", func() bool { return unlocked(t, dir) })
	next := startServer(t, dir)
	if got := next.health(); got != "UP" {
		t.Errorf("health is %s", got)
	}
}

// unlocked tells whether nobody holds the database's folder.
func unlocked(t *testing.T, dir string) bool {
	t.Helper()
	lock, err := os.Open(filepath.Join(dir, "postgres", "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }() // which unlocks
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

func TestServeAfterAKill(t *testing.T) {
	dir := dataFolder(t)
	p := startServer(t, dir)
	alice := p.connect("alice")
	general := p.general("alice")
	if err := p.send(alice, general, "before the end"); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGKILL)
	p.exits()
	p = startServer(t, dir)
	if _, body := p.get("/api/communications?channelId="+general, "alice"); strings.Count(body, `"message":"before the end"`) != 1 {
		t.Errorf("history: %s", body)
	}
}

// The database dies under a call. The sockets stay, media flows on, and the chat comes back by itself.
func TestServeOutlivesItsDatabase(t *testing.T) {
	dir := dataFolder(t)
	p := startServer(t, dir)
	alice := p.connect("alice")
	general := p.general("alice")
	call, err := loadtest.StartCall(within(t), p.url, true, func(i int) (string, error) { return tokenFor(t, "loadtest-"+string(rune('a'+i))), nil })
	if err != nil {
		t.Fatal(err)
	}
	defer call.Close()

	report, err := loadtest.Run(within(t), loadtest.Config{
		Publishers: 2, AudioOnly: true, WarmUp: time.Millisecond, Duration: 3 * time.Second,
		OnPhase: func(phase loadtest.Phase) {
			if phase != loadtest.Measuring {
				return
			}
			if err := syscall.Kill(postmaster(t, dir), syscall.SIGKILL); err != nil {
				t.Error(err)
			}
			degraded, down := false, false
			eventually(t, "health is DEGRADED and the metric 0", func() bool {
				down = down || p.metric("parley_database_server_up") == 0
				degraded = degraded || p.health() == "DEGRADED"
				return degraded && down
			})
		},
	}, call.Take)
	if err != nil {
		t.Fatal(err)
	}
	if report.Streams != 2 || report.SilentStreams > 0 || report.Forwarded < report.Sent/2 {
		t.Errorf("media while the database was away: %+v", report)
	}
	eventually(t, "health is UP", func() bool { return p.health() == "UP" })
	select {
	case <-alice.Done():
		t.Error("a socket was closed")
	default:
	}
	if err := p.send(alice, general, "after it"); err != nil {
		t.Error(err)
	}
	p.signal(syscall.SIGTERM)
	if code := p.exits(); code != 0 {
		t.Errorf("stopped: exit code %d", code)
	}
}
