package signaling_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

var crm = auth.Identity{UserID: "crm", Name: "CRM", Role: auth.RoleService}

func (e *edge) directory(method, path string, body any) chat.DirectoryAnswer {
	e.t.Helper()
	status, answer, code := rest[chat.DirectoryAnswer](e, crm, method, "/api/directory/"+path, body)
	if status != http.StatusOK {
		e.t.Fatalf("%s %s: %d %s", method, path, status, code)
	}
	return answer
}

func employee(name, department, role string) map[string]any {
	return map[string]any{"name": name, "department": department, "role": role}
}

// sees lists the names of a user's channels but direct messages.
func (e *edge) sees(who auth.Identity) (names []string) {
	e.t.Helper()
	_, list, _ := rest[channelList](e, who, "GET", "/api/channels", nil)
	for _, ch := range list.Channels {
		if ch.Type != chat.DM {
			names = append(names, ch.Name)
		}
	}
	slices.Sort(names)
	return names
}

func TestTheDirectoryMakesChannelsAndWhoIsInThem(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	e.directory("PUT", "users/alice", employee("Alice", "Sales", "user"))
	expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.Name == "Sales" && a.Channel.Type == chat.Department })
	e.directory("PUT", "users/bob", employee("Bob", "Sales", "manager"))
	expect(alice, "membersAdded", func(m chat.MembersAdded) bool {
		return m.Members[0].UserID == "bob" && m.Members[0].Role == chat.Admin
	})
	project := map[string]any{"name": "Relaunch", "url": "https://crm.example.com/p/1", "status": "running", "memberIds": []string{"alice", "later"}, "managerIds": []string{"bob"}}
	e.directory("PUT", "projects/p1", project)
	added := expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.Type == chat.Project })
	if added.Channel.Project == nil || added.Channel.Project.URL != "https://crm.example.com/p/1" || added.Channel.ProjectID != "p1" {
		t.Fatalf("%+v", added.Channel)
	}
	if again := e.directory("PUT", "projects/p1", project); again.Added+again.Removed != 0 {
		t.Fatalf("done again: %+v", again)
	}
	later := e.connect(insider("later"))
	e.directory("PUT", "users/later", employee("Later", "Support", "user"))
	if got := e.sees(later.who); !slices.Equal(got, []string{"General", "Relaunch", "Support"}) {
		t.Fatalf("who came later sees %v", got)
	}
	e.directory("PUT", "users/alice", employee("Alice", "Support", "user"))
	if got := e.sees(alice.who); !slices.Equal(got, []string{"General", "Relaunch", "Support"}) {
		t.Fatalf("after a move to another department: %v", got)
	}
	project["isFinished"] = true
	e.directory("PUT", "projects/p1", project)
	expect(alice, "channelUpdated", func(u chat.ChannelUpdated) bool { return u.ChannelID == added.Channel.ID && u.Archived })
	if got := e.sees(alice.who); slices.Contains(got, "Relaunch") {
		t.Fatalf("a finished project is listed: %v", got)
	}
}

// A role that people give stays while the directory says what it said before.
func TestARoleByPeopleStays(t *testing.T) {
	e := newEdge(t)
	grace, alice, bob := e.connect(companyAdmin("grace")), e.connect(insider("alice")), e.connect(insider("bob"))
	general := e.general(alice.who)
	e.directory("PUT", "projects/p1", map[string]any{"name": "Relaunch", "memberIds": []string{"alice"}, "managerIds": []string{"bob"}})
	project := expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.Type == chat.Project }).Channel.ID
	role := func(channelID string) chat.MemberRole {
		_, answer, _ := rest[channelAnswer](e, alice.who, "GET", "/api/channels/"+channelID, nil)
		return answer.Channel.Me.Role
	}
	request[any](grace, "setMemberRole", map[string]any{"channelId": general, "userId": "alice", "role": "admin"})
	request[any](bob, "setMemberRole", map[string]any{"channelId": project, "userId": "alice", "role": "admin"})
	e.directory("PUT", "users/carol", employee("Carol", "Sales", "user"))
	e.directory("PUT", "users/alice", employee("Alice", "Sales", "user"))
	if role(general) != chat.Admin || role(project) != chat.Admin {
		t.Errorf("after a change that is none of theirs they are %s and %s", role(general), role(project))
	}
	e.directory("PUT", "projects/p1", map[string]any{"name": "Relaunch", "managerIds": []string{"alice", "bob"}})
	e.directory("PUT", "projects/p1", map[string]any{"name": "Relaunch", "memberIds": []string{"alice"}, "managerIds": []string{"bob"}})
	expect(alice, "memberUpdated", func(m chat.MemberUpdated) bool { return m.ChannelID == project && m.Role == chat.PlainMember })
	if role(general) != chat.Admin || role(project) != chat.PlainMember {
		t.Errorf("when the directory has made them a manager and no longer they are %s and %s", role(general), role(project))
	}
}

func TestARoleByTheDirectoryIsTold(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	e.directory("POST", "bulk", map[string]any{
		"users": []map[string]any{
			{"id": "alice", "name": "Alice", "department": "Sales"}, {"id": "bob", "name": "Bob", "department": "Sales"}},
		"projects": []map[string]any{{"id": "p1", "name": "Relaunch", "memberIds": []string{"alice", "bob"}}},
	})
	sales := expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.Type == chat.Department }).Channel
	project := expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.Type == chat.Project }).Channel
	e.directory("PUT", "users/bob", employee("Bob", "Sales", "manager"))
	told := expect(alice, "memberUpdated", func(m chat.MemberUpdated) bool { return m.ChannelID == sales.ID })
	if told.UserID != "bob" || told.Role != chat.Admin {
		t.Fatalf("%+v", told)
	}
	e.directory("PUT", "projects/p1", map[string]any{"name": "Relaunch", "memberIds": []string{"alice"}, "managerIds": []string{"bob"}})
	expect(bob, "memberUpdated", func(m chat.MemberUpdated) bool { return m.ChannelID == project.ID && m.Role == chat.Admin })
	missed := request[chat.SyncAnswer](alice, "sync", map[string]any{
		"epoch": alice.ready.Epoch, "channels": map[string]int64{sales.ID: told.EventSeq - 1}}).Channels[sales.ID]
	if len(missed.Events) != 1 || missed.Events[0].Event != "memberUpdated" {
		t.Fatalf("who was away is told %+v", missed)
	}
}

func TestWhatBecomesOfAProjectIsTold(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	project := map[string]any{"name": "Relaunch", "status": "planned", "memberIds": []string{"alice"}}
	e.directory("PUT", "projects/p1", project)
	ch := expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ProjectID == "p1" }).Channel
	e.directory("PUT", "projects/p1", project)
	project["status"], project["url"] = "running", "https://crm.example.com/p/1"
	e.directory("PUT", "projects/p1", project)
	told := expect[chat.ChannelUpdated](alice, "channelUpdated", nil)
	if told.ChannelID != ch.ID || told.Project.Status != "running" || told.Project.URL != "https://crm.example.com/p/1" {
		t.Fatalf("%+v", told)
	}
	if told.EventSeq != ch.EventSeq+1 {
		t.Fatalf("the same project again was told: %d after %d", told.EventSeq, ch.EventSeq)
	}
}

func TestWhoComesBackByTheDirectoryIsSilencedStill(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	e.directory("PUT", "users/alice", employee("Alice", "Sales", "manager"))
	e.directory("PUT", "users/bob", employee("Bob", "Sales", "user"))
	sales := expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.Type == chat.Department }).Channel
	request[chat.MemberUpdated](alice, "silenceMember", map[string]any{"channelId": sales.ID, "userId": "bob", "seconds": 3600})
	e.directory("PUT", "users/bob", employee("Bob", "", "user"))
	expect(alice, "memberRemoved", func(m chat.MemberRemoved) bool { return m.ChannelID == sales.ID })
	e.directory("POST", "bulk", map[string]any{"users": []map[string]any{
		{"id": "bob", "name": "Bob", "department": "Sales"}, {"id": "carol", "name": "Carol", "department": "Sales"}}})
	back := expect(alice, "membersAdded", func(m chat.MembersAdded) bool { return m.ChannelID == sales.ID && len(m.Members) == 2 })
	if bob, carol := back.Members[0], back.Members[1]; bob.SilencedUntil == nil || carol.SilencedUntil != nil {
		t.Fatalf("%+v", back.Members)
	}
}

func TestADeactivatedUserIsOutWithinASecond(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	general := e.general(alice.who)
	e.directory("PUT", "users/bob", employee("Bob", "", "user"))
	began := time.Now()
	e.directory("DELETE", "users/bob", nil)
	expect(bob, "sessionEnded", func(s struct {
		Code string `json:"code"`
	}) bool {
		return s.Code == "user_deactivated"
	})
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
	expect(alice, "memberRemoved", func(m chat.MemberRemoved) bool { return m.UserID == "bob" && m.ChannelID == general })
	if status, _, code := rest[any](e, bob.who, "GET", "/api/channels", nil); status != http.StatusUnauthorized || code != "user_deactivated" {
		t.Errorf("%d %s", status, code)
	}
	e.directory("PUT", "users/bob", employee("Bob", "", "user"))
	if got := e.sees(bob.who); !slices.Equal(got, []string{"General"}) {
		t.Fatalf("active again: %v", got)
	}
}

func TestTheDirectoryIsForServicesAndServicesForTheDirectory(t *testing.T) {
	e := newEdge(t)
	admin := auth.Identity{UserID: "grace", Name: "Grace", Role: auth.RoleAdmin, Internal: true}
	if status, _, code := rest[any](e, admin, "PUT", "/api/directory/users/x", employee("X", "", "user")); status != http.StatusForbidden || code != "service_only" {
		t.Errorf("an admin: %d %s", status, code)
	}
	if status, _, code := rest[any](e, crm, "GET", "/api/channels", nil); status != http.StatusForbidden || code != "not_for_services" {
		t.Errorf("a service: %d %s", status, code)
	}
	for path, body := range map[string]map[string]any{
		"users/x": {"name": ""}, "users/y": {"name": "Y", "role": "king"}, "users/z": {"name": "Z", "avatarUrl": "javascript:1"},
		"users/w": {"name": " "}, "projects/q": {"name": "\u200b"}, "projects/p": {"name": "P", "url": "ftp://x"}, "departments/%00": {},
	} {
		if status, _, _ := rest[any](e, crm, "PUT", "/api/directory/"+path, body); status != http.StatusBadRequest {
			t.Errorf("%s: status %d", path, status)
		}
	}
}

func TestTenThousandUsersAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	e := newEdge(t)
	users := make([]map[string]any, 10_000)
	for i := range users {
		users[i] = employee(fmt.Sprint("User ", i), fmt.Sprint("Department ", i%50), "user")
		users[i]["id"] = fmt.Sprint("u", i)
	}
	answer := e.directory("POST", "bulk", map[string]any{"users": users})
	if answer.Users != 10_000 || answer.Added != 20_000 {
		t.Fatalf("%+v", answer)
	}
	if again := e.directory("POST", "bulk", map[string]any{"users": users}); again.Added+again.Removed != 0 {
		t.Fatalf("done again: %+v", again)
	}
	for _, u := range users {
		u["role"] = "client"
	}
	began := time.Now()
	if lowered := e.directory("POST", "bulk", map[string]any{"users": users}); lowered.Removed != 20_000 {
		t.Fatalf("turned into clients: %+v", lowered)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("turning them into clients took %v", took)
	}
	if got := e.may(companyAdmin("u4711"), nil); got != nothing {
		t.Errorf("one of them: %+v", got)
	}
}

func TestAChannelAcrossDepartmentsFollowsThem(t *testing.T) {
	e := newEdge(t)
	mia := e.connect(auth.Identity{UserID: "mia", Name: "Mia", Role: auth.RoleManager, Internal: true})
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	e.directory("PUT", "users/alice", employee("Alice", "Sales", "user"))
	across := map[string]any{"channelType": "department", "name": "Sales and Support", "departments": []string{"Sales", "Support"}}
	refused(bob, "createChannel", across, "not_allowed")
	ch := request[channelAnswer](mia, "createChannel", across).Channel
	expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID && a.Channel.ParticipantCount == 2 })
	expect(mia, "membersAdded", func(a chat.MembersAdded) bool { return a.ChannelID == ch.ID && a.ParticipantCount == 2 })
	e.directory("PUT", "users/bob", employee("Bob", "Support", "user"))
	expect(bob, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ID == ch.ID })
	e.directory("PUT", "users/alice", employee("Alice", "Engineering", "user"))
	expect(alice, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == ch.ID })
}

// Whom a project named before anybody knew them is in its channel once they sign in.
func TestAProjectWaitsForWhomItNames(t *testing.T) {
	e := newEdge(t)
	alice := e.connect(insider("alice"))
	e.directory("PUT", "projects/p1", map[string]any{"name": "Relaunch", "memberIds": []string{"alice", "guest"}, "managerIds": []string{"late"}})
	channel := expect(alice, "channelAdded", func(a chat.ChannelAdded) bool { return a.Channel.ProjectID == "p1" }).Channel
	late := e.connect(insider("late"))
	joined := expect(alice, "membersAdded", func(a chat.MembersAdded) bool { return a.ChannelID == channel.ID && a.EventSeq > channel.EventSeq })
	if len(joined.Members) != 1 || joined.Members[0].UserID != "late" || joined.Members[0].Role != chat.Admin || joined.ParticipantCount != 2 {
		t.Fatalf("%+v", joined)
	}
	if got := e.sees(late.who); !slices.Equal(got, []string{"General", "Relaunch"}) {
		t.Fatalf("they see %v", got)
	}
	send(alice, channel.ID, "welcome", "c1")
	expect(late, "newMessage", func(m chat.NewMessage) bool { return m.ChannelID == channel.ID })
	if guest := e.connect(outsider("guest")); len(e.sees(guest.who)) != 0 {
		t.Fatalf("a client sees %v", e.sees(guest.who))
	}
	e.directory("PUT", "projects/p1", map[string]any{"name": "Relaunch", "memberIds": []string{"alice"}})
	expect(late, "channelRemoved", func(r chat.ChannelRemoved) bool { return r.ChannelID == channel.ID })
}

func TestAnOwnerWhoIsDeactivatedHasAnHeir(t *testing.T) {
	e := newEdge(t)
	e.directory("PUT", "users/alice", employee("Alice", "", "user"))
	e.directory("PUT", "users/carol", employee("Carol", "", "user"))
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob", "carol"}})
	e.directory("DELETE", "users/carol", nil)
	if p := expect[chat.MemberRemoved](bob, "memberRemoved", nil); p.ChannelID == ch.ID && p.OwnerID != "" {
		t.Fatalf("the channel has its owner: %+v", p)
	}
	e.directory("DELETE", "users/alice", nil)
	expect(bob, "memberRemoved", func(p chat.MemberRemoved) bool {
		return p.ChannelID == ch.ID && p.UserID == "alice" && p.OwnerID == "bob"
	})
	request[channelAnswer](bob, "updateChannel", map[string]any{"channelId": ch.ID, "name": "Ours"})
}

func TestNobodyFindsAddsOrWritesToWhoIsDeactivated(t *testing.T) {
	e := newEdge(t)
	for _, userID := range []string{"zoe", "zelda"} {
		e.directory("PUT", "users/"+userID, employee("Z "+userID, "", "user"))
	}
	alice := e.connect(insider("alice"))
	old := e.dm(alice.who, "zoe")
	ch := alice.makes(map[string]any{"name": "Team"})
	for _, userID := range []string{"zoe", "zelda"} {
		e.directory("DELETE", "users/"+userID, nil)
	}
	for _, path := range []string{"/api/users?search=z+", "/api/communications/search/suggest?q=z+"} {
		if _, found, _ := rest[struct{ Users, People []chat.User }](e, alice.who, "GET", path, nil); len(found.Users)+len(found.People) > 0 {
			t.Errorf("%s: %+v", path, found)
		}
	}
	refused(alice, "addMembers", map[string]any{"channelId": ch.ID, "userIds": []string{"zelda"}}, "user_not_found")
	refused(alice, "createChannel", map[string]any{"channelType": "project", "name": "x", "memberIds": []string{"zelda"}}, "user_not_found")
	dm := map[string]any{"channelType": "dm", "participants": []map[string]string{{"userId": "zelda"}}}
	if status, _, code := rest[any](e, alice.who, "POST", "/api/channels", dm); status != http.StatusNotFound || code != "user_not_found" {
		t.Errorf("%d %s", status, code)
	}
	if e.dm(alice.who, "zoe") != old {
		t.Error("what was said before is not found any more")
	}
}

func TestAnOldTokenMakesNobodyInternalAgain(t *testing.T) {
	e := newEdge(t)
	e.directory("PUT", "users/ann", employee("Ann", "Sales", "user"))
	ann := e.connect(insider("ann"))
	if got := e.sees(ann.who); len(got) != 2 {
		t.Fatalf("%v", got)
	}
	e.directory("PUT", "users/ann", employee("Ann", "Sales", "client"))
	expect[chat.ChannelRemoved](ann, "channelRemoved", nil)
	e.connect(ann.who)
	if got := e.sees(ann.who); len(got) != 0 {
		t.Errorf("a client is in %v by a token of before", got)
	}
}
