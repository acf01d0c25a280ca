package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/sioclient"
	"github.com/digierapro/parley/internal/testkit"
)

const processSecret = "0123456789abcdef0123456789abcdef"

// patience is how long something may take that is sure to come, on a busy machine.
const patience = 30 * time.Second

// process is a `parley serve` of its own.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	log  output
	done chan struct{} // closed when it has ended
}

// output gathers what a process writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// spawn starts `parley serve` with arguments and more environment, and kills it at the end of the test.
func spawn(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0], append([]string{"serve"}, args...)...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), asParley+"=1", "PARLEY_CONFIG=", "PARLEY_AUTH_SECRET="+processSecret, "PARLEY_SERVER_RATELIMITS=false")
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its ProcessState
		close(p.done)
	}()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server said:\n%s", &p.log)
		}
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.done
	})
	return p
}

// startServer starts a server on a free port and a data folder, and waits until it is ready.
func startServer(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := spawn(t, nil, append([]string{"--listen", "127.0.0.1:" + strconv.Itoa(freePort(t)), "--data-dir", dir}, args...)...)
	p.says("Parley is ready at http")
	_, rest, _ := strings.Cut(p.log.String(), "Parley is ready at ")
	p.url, _, _ = strings.Cut(rest, "\n")
	p.url = strings.Replace(p.url, "localhost", "127.0.0.1", 1)
	return p
}

// freePort is free for TCP and for UDP.
func freePort(t *testing.T) int {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		_ = l.Close()
		if err == nil {
			_ = u.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// eventually waits for a condition that no event tells of.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// says waits until the process has written text.
func (p *process) says(text string) {
	p.t.Helper()
	eventually(p.t, "the server says "+strconv.Quote(text), func() bool {
		select {
		case <-p.done:
			if !strings.Contains(p.log.String(), text) {
				p.t.Fatalf("the server ended (%s) before it said %q", p.cmd.ProcessState, text)
			}
		default:
		}
		return strings.Contains(p.log.String(), text)
	})
}

// exits waits for the end and returns the exit code; -1 for one by a signal.
func (p *process) exits() int {
	p.t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatal("the server does not end")
		return 0
	}
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// get fetches a path with a user's token, if one is named, and returns status and body.
func (p *process) get(path, userID string) (int, string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if userID != "" {
		request.Header.Set("Authorization", "Bearer "+tokenFor(p.t, userID))
	}
	return p.do(request)
}

func (p *process) do(request *http.Request) (int, string) {
	p.t.Helper()
	status, body, err := try(request)
	if err != nil {
		p.t.Fatal(err)
	}
	return status, body
}

// try is for requests on which the server may hang up.
func try(request *http.Request) (status int, body string, err error) {
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

func (p *process) health() string {
	p.t.Helper()
	_, body := p.get("/api/health", "")
	var answer struct{ Status string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		p.t.Fatal(err)
	}
	return answer.Status
}

// metric reads one series of /metrics, with its labels as they stand there.
func (p *process) metric(series string) float64 {
	p.t.Helper()
	_, body := p.get("/metrics", "")
	for line := range strings.Lines(body) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				p.t.Fatal(err)
			}
			return v
		}
	}
	p.t.Fatalf("there is no series %s in /metrics", series)
	return 0
}

// tokenFor signs a token of a colleague, or of the "crm".
func tokenFor(t *testing.T, userID string) string {
	t.Helper()
	role := auth.RoleUser
	if userID == "crm" {
		role = auth.RoleService
	}
	signer, err := auth.NewSigner(processSecret, "", "")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := signer.Sign(auth.Identity{UserID: userID, Name: userID, Role: role, Internal: role != auth.RoleService}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// connect opens a socket of a user and waits until it may be used.
func (p *process) connect(userID string) *sioclient.Client {
	p.t.Helper()
	ready := make(chan struct{})
	var once sync.Once
	c, err := sioclient.Dial(within(p.t), p.url+"/api/socket/io", sioclient.Options{Token: tokenFor(p.t, userID), OnPush: func(push sioclient.Push) {
		if push.Name == "ready" {
			once.Do(func() { close(ready) })
		}
	}})
	if err != nil {
		p.t.Fatalf("%s: %v", userID, err)
	}
	p.t.Cleanup(c.Close)
	select {
	case <-ready:
	case <-time.After(patience):
		p.t.Fatalf("%s: not ready", userID)
	}
	return c
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// general is the id of the general channel, as a user that has been connected sees it.
func (p *process) general(userID string) string {
	p.t.Helper()
	status, body := p.get("/api/channels/general", userID)
	var answer struct {
		Data struct {
			Channel struct {
				ID string `json:"_id"`
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.Channel.ID == "" {
		p.t.Fatalf("the general channel: %d %s", status, body)
	}
	return answer.Data.Channel.ID
}

// dm is the id of the channel of two users who have both been connected.
func (p *process) dm(userID, other string) string {
	p.t.Helper()
	body := fmt.Sprintf(`{"channelType":"dm","participants":[{"userId":%q}]}`, other)
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+"/api/channels", strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+tokenFor(p.t, userID))
	request.Header.Set("Content-Type", "application/json")
	status, answer := p.do(request)
	var opened struct {
		Data struct {
			Channel struct {
				ID string `json:"_id"`
			}
		}
	}
	if err := json.Unmarshal([]byte(answer), &opened); err != nil || opened.Data.Channel.ID == "" {
		p.t.Fatalf("a direct message: %d %s", status, answer)
	}
	return opened.Data.Channel.ID
}

func (p *process) send(c *sioclient.Client, channelID, text string) error {
	p.t.Helper()
	return c.Request(within(p.t), "sendMessage", map[string]string{"channelId": channelID, "message": text, "clientId": strings.ReplaceAll(text, " ", "-")}, nil)
}

// postmaster is the process id of the server's own Postgres.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "postgres", "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func dataFolder(t *testing.T) string {
	t.Helper()
	return filepath.Join(testkit.Folder(t), fmt.Sprint("data-", time.Now().UnixNano()))
}
