package signaling_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/sioclient"
	"github.com/digierapro/parley/signaling"
)

// actor is a kind of user, as seen from the channel that a row is about: a private one of the company; or for the blocked a
// direct message with who blocks them, and for a guest a channel that clients may be in.
type actor string

const (
	anonymous   actor = "anonymous"
	service     actor = "service"
	deactivated actor = "deactivated"
	client      actor = "client"
	guest       actor = "guest" // a client who is a member
	nonMember   actor = "non-member"
	exMember    actor = "ex-member"
	boss        actor = "company admin" // in the channel not a member
	blocked     actor = "blocked"
	member      actor = "member"
	admin       actor = "admin"
	owner       actor = "owner"
)

// connected are those who get a connection at all; what changes something comes last.
var connected = []actor{client, guest, nonMember, exMember, boss, blocked, member, admin, owner}

// expectation says what each of the connected is answered: "ok" or a code, or several of which each is right.
type expectation map[actor]string

func everybody(answer string) expectation {
	e := make(expectation)
	for _, a := range connected {
		e[a] = answer
	}
	return e
}

// but changes an expectation.
func (e expectation) but(answer string, actors ...actor) expectation {
	changed := maps.Clone(e)
	for _, a := range actors {
		changed[a] = answer
	}
	return changed
}

var outsiders = []actor{client, nonMember, exMember, boss}

// readers: whoever is in the channel. For everybody else it does not exist, nor anything in it.
func readers(absent string) expectation { return everybody("ok").but(absent, outsiders...) }

func writers(absent string) expectation { return readers(absent).but("not_delivered", blocked) }

func moderators(absent string) expectation {
	return readers(absent).but("not_moderator", guest, member, blocked)
}

// onlyAdmins: the company's.
var onlyAdmins = everybody("admin_only").but("ok", boss)

const (
	noChannel = "channel_not_found"
	noMessage = "message_not_found"
	noCall    = "call_not_found"
)

// scene is what a row plays in: fresh for each row.
type scene struct {
	channel, message string // the message is of a member who does nothing else
	extra            string // a plain member, to whom things are done
	report, call     string
}

// row is one event or path.
type row struct {
	want  expectation
	arg   func(s scene) any    // of an event, or the body of a request
	query func(s scene) string // of a path
	needs string               // "report", "call" or "picture", besides the channel and the message
}

type fields = map[string]any

func inChannel(more fields) func(scene) any {
	return func(s scene) any { return with(more, "channelId", s.channel) }
}

func onMessage(more fields) func(scene) any {
	return func(s scene) any { return with(more, "messageId", s.message) }
}

func onExtra(more fields) func(scene) any {
	return func(s scene) any { return with(with(more, "channelId", s.channel), "userId", s.extra) }
}

func inCall(more fields) func(scene) any {
	return func(s scene) any { return with(more, "callId", s.call) }
}

func with(f fields, key string, value any) fields {
	f = maps.Clone(f)
	if f == nil {
		f = fields{}
	}
	f[key] = value
	return f
}

func constant(v any) func(scene) any { return func(scene) any { return v } }

func TestTheMatrixHasARowForEveryEventAndPath(t *testing.T) {
	events, patterns := signaling.Names()
	for what, lists := range map[string][2][]string{
		"events": {events, slices.Collect(maps.Keys(eventRows))},
		"paths":  {patterns, slices.Collect(maps.Keys(pathRows))},
	} {
		slices.Sort(lists[0])
		slices.Sort(lists[1])
		if !slices.Equal(lists[0], lists[1]) {
			t.Errorf("%s: the tables have %v, the matrix has %v", what, lists[0], lists[1])
		}
	}
}

// matrix is the edge with one user of each kind.
type matrix struct {
	*edge
	devices map[actor]*device
	who     map[actor]auth.Identity
	author  *device
	blocker *device
	host    *device // of the guest
	serial  int
}

func newMatrix(t *testing.T) *matrix {
	m := &matrix{edge: newEdge(t, keepingPictures(t)), devices: make(map[actor]*device), who: make(map[actor]auth.Identity)}
	for _, a := range connected {
		m.who[a] = insider("the-" + strings.ReplaceAll(string(a), " ", "-"))
	}
	m.who[client], m.who[guest] = outsider("the-client"), outsider("the-guest")
	m.who[boss] = companyAdmin("the-company-admin")
	m.who[service] = auth.Identity{UserID: "crm", Name: "CRM", Role: auth.RoleService, Internal: true}
	m.who[deactivated] = insider("the-deactivated")
	for _, a := range connected {
		m.devices[a] = m.connect(m.who[a])
	}
	m.author, m.blocker = m.connect(insider("author")), m.connect(insider("blocker"))
	m.host = m.connect(auth.Identity{UserID: "host", Name: "Host", Role: auth.RoleManager, Internal: true})
	m.connect(insider("extra"))
	dm := m.dm(m.blocker.who, m.who[blocked].UserID)
	send(m.blocker, dm, "before", "before")
	request[any](m.blocker, "blockUser", fields{"userId": m.who[blocked].UserID, "on": true})
	body := fields{"name": "Gone", "isActive": false}
	if code := m.ask(m.who[service], "PUT", "/api/directory/users/the-deactivated", body); code != "ok" {
		t.Fatal(code)
	}
	return m
}

// scenes makes what a row needs: in a new channel, in the direct message of the blocked, and in a new channel of the guest's.
func (m *matrix) scenes(needs string) scenes {
	m.t.Helper()
	m.serial++
	clientID := func(part string) string { return fmt.Sprint(part, m.serial) }
	ids := []string{m.who[member].UserID, m.who[admin].UserID, m.who[exMember].UserID, "author", "extra"}
	ch := m.devices[owner].makes(fields{"name": "Matrix", "is_private": true, "memberIds": ids})
	change := fields{"channelId": ch.ID, "userId": m.who[admin].UserID, "role": "admin"}
	request[any](m.devices[owner], "setMemberRole", change)
	request[any](m.devices[owner], "removeMember", fields{"channelId": ch.ID, "userId": m.who[exMember].UserID})
	team := scene{channel: ch.ID, extra: "extra", message: send(m.author, ch.ID, "the message", clientID("t")).MessageID}
	dm := scene{channel: m.dm(m.blocker.who, m.who[blocked].UserID), extra: "blocker"}
	dm.message = send(m.blocker, dm.channel, "the message", clientID("d")).MessageID
	guests := m.host.makes(fields{"name": "Guests", "is_private": true, "isInternal": false, "memberIds": []string{m.who[guest].UserID, "author", "extra"}})
	open := scene{channel: guests.ID, extra: "extra", message: send(m.author, guests.ID, "the message", clientID("g")).MessageID}
	switch needs {
	case "report":
		filed := request[chat.ReportPush](m.devices[member], "reportMessage", fields{"messageId": team.message, "reason": "spam"})
		team.report, dm.report = filed.ReportID, filed.ReportID
		open.report = request[chat.ReportPush](m.host, "reportMessage", fields{"messageId": open.message, "reason": "spam"}).ReportID
	case "picture":
		for _, s := range []scene{team, dm, open} {
			m.illustrate(s.message, "previews/aa/of-"+s.message+".png")
		}
	case "call":
		type started struct {
			CallID string `json:"callId"`
		}
		team.call = request[started](m.author, "initiateCall", fields{"channelId": team.channel, "callType": "voice"}).CallID
		dm.call = request[started](m.blocker, "initiateCall", fields{"channelId": dm.channel, "callType": "voice"}).CallID
		open.call = request[started](m.host, "initiateCall", fields{"channelId": open.channel, "callType": "voice"}).CallID
		for d, call := range map[*device]string{m.author: team.call, m.host: open.call} { // or it would end with the first who leaves
			_ = d.Request(within(m.t), "joinCall", fields{"callId": call}, nil)
		}
	}
	return scenes{team: team, dm: dm, open: open}
}

type scenes struct{ team, dm, open scene }

// of is what a row plays in for somebody.
func (s scenes) of(a actor) scene {
	switch a {
	case blocked:
		return s.dm
	case guest:
		return s.open
	}
	return s.team
}

// emit sends an event and gives "ok" or the code.
func (m *matrix) emit(a actor, event string, arg any) string {
	m.t.Helper()
	err := m.devices[a].Request(within(m.t), event, arg, nil)
	var failure *sioclient.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &failure):
		return failure.Code
	}
	m.t.Fatalf("%s of the %s: %v", event, a, err)
	return ""
}

// ask sends a request, without a token for nobody, and gives "ok" or the code.
func (m *matrix) ask(who auth.Identity, method, path string, body any) string {
	m.t.Helper()
	var payload io.Reader = http.NoBody
	contentType := "application/json"
	if text, ok := body.(string); ok {
		payload, contentType = strings.NewReader(text), "application/sdp"
	} else if body != nil {
		raw, err := json.Marshal(body)
		must(m.t, err)
		payload = strings.NewReader(string(raw))
	}
	req, err := http.NewRequestWithContext(within(m.t), method, m.url+path, payload)
	must(m.t, err)
	req.Header.Set("Content-Type", contentType)
	if who.UserID != "" {
		req.Header.Set("Authorization", "Bearer "+m.token(who, time.Hour))
	}
	response, err := http.DefaultClient.Do(req)
	must(m.t, err)
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < 300 {
		return "ok"
	}
	var answer struct {
		Code string `json:"code"`
	}
	must(m.t, json.NewDecoder(response.Body).Decode(&answer))
	return answer.Code
}

func (m *matrix) hold(what string, a actor, got, want string) {
	m.t.Helper()
	if !slices.Contains(strings.Split(want, " or "), got) {
		m.t.Errorf("%s of the %s: %s, want %s", what, a, got, want)
	}
}

func TestMatrixOfConnections(t *testing.T) {
	m := newMatrix(t)
	for a, code := range map[actor]string{anonymous: "token_missing", service: "not_for_services", deactivated: "user_deactivated"} {
		token := ""
		if a != anonymous {
			token = m.token(m.who[a], time.Hour)
		}
		_, err := sioclient.Dial(within(t), m.url+signaling.SocketPath, sioclient.Options{Token: token})
		var refusal *sioclient.ConnectError
		if !errors.As(err, &refusal) || !strings.Contains(string(refusal.Data), code) {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestMatrixOfEvents(t *testing.T) {
	m := newMatrix(t)
	for _, event := range slices.Sorted(maps.Keys(eventRows)) {
		row := eventRows[event]
		scenes := m.scenes(row.needs)
		for _, a := range connected {
			var arg any
			if row.arg != nil {
				arg = row.arg(scenes.of(a))
			}
			m.hold(event, a, m.emit(a, event, arg), row.want[a])
			if event == "joinCall" {
				_ = m.emit(a, "leaveCall", inCall(nil)(scenes.of(a)))
			}
		}
		m.unblock(event)
	}
}

// unblock takes back what the event blockUser did.
func (m *matrix) unblock(event string) {
	if event == "blockUser" {
		for _, a := range connected {
			_ = m.emit(a, event, fields{"userId": "extra", "on": false})
		}
	}
}

func TestMatrixOfPaths(t *testing.T) {
	m := newMatrix(t)
	for _, pattern := range slices.Sorted(maps.Keys(pathRows)) {
		row := pathRows[pattern]
		scenes := m.scenes(row.needs)
		method, path, _ := strings.Cut(pattern, " ")
		to := func(s scene) (url string, body any) {
			parts := []string{"{userId}", s.extra, "{channelId}", s.channel, "{name}", "Sales", "{session}", "0123456789abcdef01234567"}
			switch {
			case strings.Contains(path, "/calls/"):
				parts = append(parts, "{id}", s.call)
			case strings.Contains(path, "/communications/scheduled/"), strings.Contains(path, "/connection-test/"):
				parts = append(parts, "{id}", "0123456789abcdef01234567")
			case strings.Contains(path, "/communications/"):
				parts = append(parts, "{id}", s.message)
			case strings.Contains(path, "/reports/"):
				parts = append(parts, "{id}", s.report)
			case strings.Contains(path, "/directory/"):
				parts = append(parts, "{id}", "somebody")
			default:
				parts = append(parts, "{id}", s.channel)
			}
			url = strings.NewReplacer(parts...).Replace(path)
			if row.query != nil {
				url += "?" + row.query(s)
			}
			if row.arg != nil {
				body = row.arg(s)
			}
			return url, body
		}
		forService := strings.Contains(path, "/directory/")
		url, body := to(scenes.team)
		m.hold(pattern, anonymous, m.ask(auth.Identity{}, method, url, body), "token_missing")
		m.hold(pattern, deactivated, m.ask(m.who[deactivated], method, url, body), "user_deactivated")
		if !forService {
			m.hold(pattern, service, m.ask(m.who[service], method, url, body), "not_for_services")
		}
		for _, a := range connected {
			url, body := to(scenes.of(a))
			m.hold(pattern, a, m.ask(m.who[a], method, url, body), row.want[a])
		}
		if forService {
			m.hold(pattern, service, m.ask(m.who[service], method, url, body), "ok or user_not_found or project_not_found")
		}
	}
}

// What is absent and what is not one's to know are answered with the same words.
func TestAbsentAndForbiddenAreTheSame(t *testing.T) {
	m := newMatrix(t)
	team := m.scenes("").team
	absent := scene{channel: "0123456789abcdef01234567", message: "0123456789abcdef01234567", extra: "extra"}
	for event, row := range eventRows {
		if row.needs != "" || row.arg == nil || (row.want[nonMember] != noChannel && row.want[nonMember] != noMessage) {
			continue
		}
		answers := make([]string, 0, 2)
		for _, s := range []scene{team, absent} {
			err := m.devices[nonMember].Request(within(t), event, row.arg(s), nil)
			var failure *sioclient.Error
			if !errors.As(err, &failure) {
				t.Fatalf("%s: %v", event, err)
			}
			answers = append(answers, failure.Code+failure.Message+string(failure.Details))
		}
		if answers[0] != answers[1] {
			t.Errorf("%s: forbidden %q, absent %q", event, answers[0], answers[1])
		}
	}
}
