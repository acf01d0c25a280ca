package signaling_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/jackc/pgx/v5"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/chat/presence"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/sioclient"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/transport"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/store/postgres"
	"github.com/digierapro/parley/store/redis"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

const secret = "the edge's tests sign with this secret"

// edge is a whole server but for its process: real Postgres, real SFU, real HTTP.
type edge struct {
	t      *testing.T
	url    string
	dbURL  string
	db     *postgres.DB
	server *signaling.Server
	calls  *call.Service
	media  *sfu.Server
	bus    bus.Bus // of several nodes
}

// newEdge starts one; adjust may change its configuration first.
func newEdge(t *testing.T, adjust ...func(*signaling.Config, *call.Limits)) *edge {
	t.Helper()
	return newEdgeWith(t, transport.Timeouts{}, adjust...)
}

func newEdgeWith(t *testing.T, timeouts transport.Timeouts, adjust ...func(*signaling.Config, *call.Limits)) *edge {
	t.Helper()
	return newEdgeOn(t, testkit.PostgresURL(t), timeouts, adjust...)
}

func newEdgeOn(t *testing.T, dbURL string, timeouts transport.Timeouts, adjust ...func(*signaling.Config, *call.Limits)) *edge {
	t.Helper()
	return newEdgeOver(t, dbURL, bus.NewLocal(), timeouts, adjust...)
}

func newEdgeOver(t *testing.T, dbURL string, b bus.Bus, timeouts transport.Timeouts, adjust ...func(*signaling.Config, *call.Limits)) *edge {
	t.Helper()
	log := testkit.Logger(t)
	db, err := postgres.Open(t.Context(), dbURL, log)
	must(t, err)
	t.Cleanup(db.Close)
	verifier, err := auth.Open(auth.Config{Secret: secret}, log)
	must(t, err)
	media, err := sfu.New(sfu.Config{Transport: transport.Config{Addr: "127.0.0.1:0", Logger: log, Timeouts: timeouts}, Logger: log})
	must(t, err)
	must(t, media.Listen())

	cfg := signaling.Config{
		Verifier: verifier, Bus: b, Log: log, Chat: chat.New(db.Chat(), b, log), Presence: presence.New(db.Presence(), b, remoteOf(b), log),
		AllowedOrigins: []string{"https://crm.example.com"},
		App:            fstest.MapFS{"index.html": {Data: []byte("<title>Parley</title>")}, "assets/a.js": {Data: []byte("1")}},
		Health:         []signaling.Check{{Name: "database", Ask: db.Ping}},
	}
	var limits call.Limits
	for _, change := range adjust {
		change(&cfg, &limits)
	}
	cfg.Calls, err = call.New(call.Config{Store: db.Calls(), Channels: cfg.Chat, Media: media, Bus: b, Log: log, Limits: limits})
	must(t, err)
	server, err := signaling.New(cfg)
	must(t, err)
	must(t, cfg.Chat.Learn(t.Context()))
	web := httptest.NewServer(server)

	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 5)
	for _, run := range []func(context.Context) error{server.Run, cfg.Chat.Run, cfg.Presence.Run, cfg.Calls.Run, media.Run} {
		go func() { done <- run(ctx) }()
	}
	t.Cleanup(func() {
		cancel()
		for range 5 {
			if err := <-done; err != nil {
				t.Errorf("stop: %v", err)
			}
		}
		web.Close()
	})
	return &edge{t: t, url: web.URL, dbURL: dbURL, db: db, server: server, calls: cfg.Calls, media: media}
}

// remoteOf is how presence goes over a bus of several nodes.
func remoteOf(b bus.Bus) presence.Remote {
	if r, ok := b.(*redis.Bus); ok {
		return r.Presence()
	}
	return nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func insider(userID string) auth.Identity {
	return auth.Identity{UserID: userID, Name: "Name of " + userID, Role: auth.RoleUser, Department: "Sales", Internal: true}
}

func manager(userID string) auth.Identity {
	return auth.Identity{UserID: userID, Name: "Name of " + userID, Role: auth.RoleManager, Internal: true}
}

func outsider(userID string) auth.Identity {
	return auth.Identity{UserID: userID, Name: "Name of " + userID, Role: auth.RoleClient}
}

// token signs as the CRM would, also what has expired already.
func (e *edge) token(who auth.Identity, ttl time.Duration) string {
	e.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(secret)}, nil)
	must(e.t, err)
	token, err := jwt.Signed(signer).Claims(map[string]any{
		"sub": who.UserID, "name": who.Name, "role": who.Role, "department": who.Department, "isInternal": who.Internal,
		"exp": time.Now().Add(ttl).Unix(),
	}).Serialize()
	must(e.t, err)
	return token
}

// device is one connected user.
type device struct {
	*sioclient.Client
	edge  *edge
	inbox *sioclient.Inbox
	who   auth.Identity
	ready ready
}

type ready struct {
	User  chat.User `json:"user"`
	Epoch string    `json:"epoch"`

	PeopleSeq int64 `json:"peopleSeq"`
}

func (e *edge) connect(who auth.Identity) *device {
	e.t.Helper()
	d := &device{edge: e, inbox: sioclient.NewInbox(), who: who}
	var err error
	d.Client, err = sioclient.Dial(within(e.t), e.url+signaling.SocketPath, sioclient.Options{Token: e.token(who, time.Hour), OnPush: d.inbox.Put})
	must(e.t, err)
	e.t.Cleanup(d.Close)
	d.ready = expect[ready](d, "ready", nil)
	return d
}

// request sends an event and decodes its ack.
func request[T any](d *device, name string, arg any) T {
	d.edge.t.Helper()
	var answer T
	if err := d.Request(within(d.edge.t), name, arg, &answer); err != nil {
		d.edge.t.Fatalf("%s of %s: %v", name, d.who.UserID, err)
	}
	return answer
}

// refused sends an event that must be answered with an error of the code.
func refused(d *device, name string, arg any, code string) {
	d.edge.t.Helper()
	err := d.Request(within(d.edge.t), name, arg, nil)
	failure, ok := err.(*sioclient.Error)
	if !ok || failure.Code != code || failure.Message == "" {
		d.edge.t.Errorf("%s %v: got %v, want code %s", name, arg, err, code)
	}
}

func expect[T any](d *device, push string, fits func(T) bool) T {
	d.edge.t.Helper()
	v, err := sioclient.Wait(within(d.edge.t), d.inbox, push, fits)
	if err != nil {
		d.edge.t.Fatalf("%s: %v", d.who.UserID, err)
	}
	return v
}

// rest sends a request and decodes the envelope; data is decoded into T when the status is 200.
func rest[T any](e *edge, who auth.Identity, method, path string, body any) (status int, data T, code string) {
	e.t.Helper()
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		must(e.t, err)
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(within(e.t), method, e.url+path, payload)
	must(e.t, err)
	req.Header.Set("Content-Type", "application/json")
	if who.UserID != "" {
		req.Header.Set("Authorization", "Bearer "+e.token(who, time.Hour))
	}
	response, err := http.DefaultClient.Do(req)
	must(e.t, err)
	defer response.Body.Close()
	var answer struct {
		Success bool            `json:"success"`
		Data    json.RawMessage `json:"data"`
		Code    string          `json:"code"`
		Error   string          `json:"error"`
	}
	must(e.t, json.NewDecoder(response.Body).Decode(&answer))
	if answer.Success != (response.StatusCode == http.StatusOK) || (!answer.Success && (answer.Code == "" || answer.Error == "")) {
		e.t.Fatalf("%s %s: status %d with %+v", method, path, response.StatusCode, answer)
	}
	if answer.Success {
		must(e.t, json.Unmarshal(answer.Data, &data))
	}
	return response.StatusCode, data, answer.Code
}

type channelList struct {
	Epoch    string         `json:"epoch"`
	Channels []chat.Channel `json:"channels"`
}

// general returns the id of the general channel, as the user sees it.
func (e *edge) general(who auth.Identity) string {
	e.t.Helper()
	_, list, _ := rest[channelList](e, who, "GET", "/api/channels", nil)
	for _, ch := range list.Channels {
		if ch.Type == chat.General {
			return ch.ID
		}
	}
	e.t.Fatalf("%s sees no general channel", who.UserID)
	return ""
}

type channelAnswer struct {
	Channel chat.Channel `json:"channel"`
	Created bool         `json:"created"`
}

func (e *edge) dm(who auth.Identity, other string) string {
	e.t.Helper()
	status, answer, code := rest[channelAnswer](e, who, "POST", "/api/channels",
		map[string]any{"channelType": "dm", "participants": []map[string]string{{"userId": other}}})
	if status != http.StatusOK {
		e.t.Fatalf("open a DM: %d %s", status, code)
	}
	return answer.Channel.ID
}

// exec changes the database behind everybody's back, as time does.
func (e *edge) exec(sql string, args ...any) {
	e.t.Helper()
	conn, err := pgx.Connect(within(e.t), e.dbURL)
	must(e.t, err)
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(within(e.t), sql, args...)
	must(e.t, err)
}
