package postgres_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/id"
	"github.com/digierapro/parley/store/postgres"
)

// This test binary starts itself again, to be killed: helperEnv names what the other one does.
const (
	helperEnv = "PARLEY_TEST_PROCESS"
	dirEnv    = "PARLEY_TEST_DIR"
)

var helperProcesses = map[string]func() int{"write": writeUntilKilled}

// writeUntilKilled runs a cluster and writes messages into it, each told of on standard output when it is acknowledged.
func writeUntilKilled() int {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	c := postgres.NewCluster(postgres.ClusterConfig{Dir: os.Getenv(dirEnv), Logger: logger})
	ctx := context.Background()
	if err := c.Start(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	db, err := postgres.Open(ctx, c.URL(), logger)
	if err == nil {
		err = db.Migrate(ctx)
	}
	if err == nil {
		_, err = db.Chat().UpsertUser(ctx, alice)
	}
	channelID, errGeneral := db.Chat().GeneralChannelID(ctx)
	if err != nil || errGeneral != nil {
		fmt.Fprintln(os.Stderr, err, errGeneral)
		return 1
	}
	for {
		a, err := db.Chat().Append(ctx, draft(channelID, alice, "before the end"))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(a.Message.ClientID)
	}
}

// A Parley that is killed leaves no server behind, and the next one has every acknowledged message.
func TestClusterRecoversFromAKilledParley(t *testing.T) {
	dir := clusterFolder(t)
	acked := runAndKill(t, dir, 50)
	pid := serverOf(dir)

	c := startCluster(t, postgres.ClusterConfig{Dir: dir}) // at once, while the other server may be on its way down
	if pid != 0 && !gone(pid) && pid != postmaster(t, dir) {
		t.Errorf("the other server %d is still there", pid)
	}
	db := openMigrated(t, c.URL())
	channelID, err := db.Chat().GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, m := range wholeHistory(t, db.Chat(), channelID) {
		count[m.ClientID]++
	}
	for _, clientID := range acked {
		if count[clientID] != 1 {
			t.Errorf("acknowledged %s is there %d times", clientID, count[clientID])
		}
	}
	t.Logf("%d acknowledged, %d there", len(acked), len(count))
}

// Left alone, the server of a Parley that is killed ends by itself.
func TestServerDiesWithAKilledParley(t *testing.T) {
	dir := madeFolder(t)
	runAndKill(t, dir, 1)
	eventually(t, "the server ends", func() bool { pid := serverOf(dir); return pid == 0 || gone(pid) })
}

// A server that outlived its Parley and does not know is stopped by the next one.
func TestClusterStopsAnOrphanedServer(t *testing.T) {
	dir := madeFolder(t)
	c := startCluster(t, postgres.ClusterConfig{Dir: dir, Scratch: true})
	pid := postmaster(t, dir)
	c.Abandon()
	if gone(pid) {
		t.Fatal("the server is gone already")
	}
	c2 := startCluster(t, postgres.ClusterConfig{Dir: dir, Scratch: true})
	if postmaster(t, dir) == pid {
		t.Fatal("the old server still runs")
	}
	openMigrated(t, c2.URL()).Close()
}

// runAndKill runs writeUntilKilled until it has acknowledged n messages, kills it, and returns all it acknowledged.
func runAndKill(t *testing.T, dir string, n int) (acked []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"=write", dirEnv+"="+dir)
	var stderr lockedBuffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		acked = append(acked, lines.Text())
		if len(acked) >= n && !killed {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if !killed {
		t.Fatalf("the process ended by itself:\n%s", stderr.String())
	}
	return acked
}

func serverOf(dir string) int {
	text, err := os.ReadFile(dir + "/data/postmaster.pid")
	if err != nil {
		return 0
	}
	pid := 0
	_, _ = fmt.Sscan(string(text), &pid) // 0 when it is being written
	return pid
}

var alice = chat.User{ID: "alice", Name: "Alice Moreau", Role: "user", Department: "Sales", Internal: true}

func draft(channelID string, sender chat.User, body string) chat.Draft {
	return chat.Draft{
		ID: id.New(), ChannelID: channelID, ClientID: "c-" + id.New(), SenderModel: "User", Body: body, Type: chat.Text,
		Sender: chat.Person{ID: sender.ID, Name: sender.Name},
	}
}

// writer sends messages one after the other, each again until it is acknowledged, and then knows what must be there.
type writer struct {
	store     *postgres.ChatStore
	channelID string
	sender    chat.Person
	next      *chat.Draft
	acked     []string
}

func newWriter(t *testing.T, db *postgres.DB) *writer {
	t.Helper()
	if _, err := db.Chat().UpsertUser(t.Context(), alice); err != nil {
		t.Fatal(err)
	}
	channelID, err := db.Chat().GeneralChannelID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &writer{store: db.Chat(), channelID: channelID, sender: chat.Person{ID: alice.ID}}
}

func (w *writer) send(t *testing.T) error {
	t.Helper()
	if w.next == nil {
		d := draft(w.channelID, alice, "hello")
		w.next = &d
	}
	a, err := w.store.Append(t.Context(), *w.next)
	if err != nil {
		mustBeUnavailable(t, err)
		return err
	}
	w.acked = append(w.acked, a.Message.ClientID)
	w.next = nil
	return nil
}

func (w *writer) mustSend(t *testing.T) {
	t.Helper()
	if err := w.send(t); err != nil {
		t.Fatal(err)
	}
}

func (w *writer) check(t *testing.T, db *postgres.DB) {
	t.Helper()
	var there []string
	for i, m := range wholeHistory(t, db.Chat(), w.channelID) {
		there = append(there, m.ClientID)
		if m.Seq != int64(i+1) {
			t.Fatalf("message %d has seq %d", i+1, m.Seq)
		}
	}
	if strings.Join(there, " ") != strings.Join(w.acked, " ") {
		t.Fatalf("%d acknowledged, %d there, or in another order", len(w.acked), len(there))
	}
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
