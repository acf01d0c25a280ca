package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

const secret = "a-secret-of-the-benchmark-only-0123456789"

const (
	groupSize = 20
	largeSize = 500
)

// parley is our server with its database, and what the CRM told it: people in departments of 20, and a project of 500.
type parley struct {
	*process
	*bench
	db     *database
	data   string
	people int
	groups []string // the departments' channels; person n is in groups[n/groupSize]
	large  string   // the project's channel; the first people are in it
	signer *auth.Signer
}

func (b *bench) startParley(ctx context.Context, dir string, people int) (*parley, error) {
	signer, err := auth.NewSigner(secret, "", "")
	if err != nil {
		return nil, err
	}
	p := &parley{bench: b, data: dir, people: people, signer: signer}
	if p.db, err = startDatabase(ctx, dir, nil); err != nil {
		return nil, err
	}
	if err := p.serve(ctx); err != nil {
		p.db.stop()
		return nil, err
	}
	if err := errors.Join(p.tell(ctx), p.findChannels(ctx)); err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// serve starts the server on the database that is there. Limits are raised where they count addresses, of which there are
// few here; those that count people are as they are.
func (p *parley) serve(ctx context.Context) (err error) {
	env := []string{"PARLEY_CONFIG=", "PARLEY_AUTH_SECRET=" + secret, "PARLEY_DATABASE_URL=" + p.db.cluster.URL()}
	if p.pprof != "" {
		env = append(env, "PARLEY_PPROF="+p.pprof)
	}
	p.process, err = start(ctx, env, p.binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(p.data, "data"),
		"--log.level", "warn", "--server.connectsPerMinute=100000", "--server.maxConnections=20000", "--server.maxConnectionsPerAddress=20000")
	return err
}

func (p *parley) stop() {
	p.kill()
	p.db.stop()
}

func buildParley(ctx context.Context, binary string) error {
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-o", binary, "github.com/digierapro/parley/cmd/parley")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build parley: %w\n%s", err, out)
	}
	return nil
}

func userID(n int) string { return "user-" + strconv.Itoa(n) }

func department(n int) string { return "Team " + strconv.Itoa(n) }

// tell tells the server of the people, as the CRM does.
func (p *parley) tell(ctx context.Context) error {
	var all chat.DirectoryRequest
	for n := range p.people {
		all.Users = append(all.Users, chat.UserEntry{ID: userID(n), Name: userID(n), Role: auth.RoleUser, Department: department(n / groupSize)})
	}
	for n := range (p.people + groupSize - 1) / groupSize {
		all.Departments = append(all.Departments, chat.DepartmentEntry{Name: department(n)})
	}
	large := chat.ProjectEntry{ID: "large", Name: "Large"}
	for n := range min(p.people, largeSize) {
		large.MemberIDs = append(large.MemberIDs, userID(n))
	}
	all.Projects = []chat.ProjectEntry{large}
	return p.apply(ctx, all)
}

// findChannels learns the channels' ids as their members do.
func (p *parley) findChannels(ctx context.Context) error {
	for n := 0; n < p.people; n += groupSize {
		var answer struct {
			Data struct{ Channels []chat.Channel }
		}
		if err := p.get(ctx, "/api/channels", n, &answer); err != nil {
			return err
		}
		for _, ch := range answer.Data.Channels {
			switch ch.Name {
			case department(n / groupSize):
				p.groups = append(p.groups, ch.ID)
			case "Large":
				p.large = ch.ID
			}
		}
	}
	if len(p.groups) != (p.people+groupSize-1)/groupSize || p.large == "" {
		return fmt.Errorf("found %d departments and the project %q", len(p.groups), p.large)
	}
	return nil
}

func (p *parley) identity(n int) auth.Identity {
	return auth.Identity{UserID: userID(n), Name: userID(n), Role: auth.RoleUser, Department: department(n / groupSize), Internal: true}
}

func (p *parley) token(who auth.Identity) string {
	token, _, err := p.signer.Sign(who, time.Hour)
	if err != nil {
		panic(err) // of our own making
	}
	return token
}

// auth is what a person connects with.
func (p *parley) auth(n int) []byte { return fmt.Appendf(nil, `{"token":%q}`, p.token(p.identity(n))) }

func (p *parley) get(ctx context.Context, path string, n int, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+path, nil)
	if err != nil {
		return err
	}
	return do(request, p.token(p.identity(n)), into)
}

func (p *parley) post(ctx context.Context, path, token string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.addr+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	return do(request, token, nil)
}

func do(request *http.Request, token string, into any) error {
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.200s", request.Method, request.URL.Path, response.Status, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}
