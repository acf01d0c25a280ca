package signaling_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/auth"
)

type reportPage struct {
	Reports []chat.Report `json:"reports"`
	HasMore bool          `json:"hasMore"`
}

func (e *edge) reports(who auth.Identity, query string) []chat.Report {
	e.t.Helper()
	status, page, code := rest[reportPage](e, who, "GET", "/api/moderation/reports"+query, nil)
	if status != http.StatusOK {
		e.t.Fatalf("reports for %s: %d %s", who.UserID, status, code)
	}
	return page.Reports
}

func setWords(e *edge, admin auth.Identity, lists ...map[string]any) {
	e.t.Helper()
	if status, _, code := rest[chat.WordLists](e, admin, "PUT", "/api/moderation/words", map[string]any{"lists": lists}); status != http.StatusOK {
		e.t.Fatalf("set words: %d %s", status, code)
	}
}

func TestTheWordFilterHoldsWhereverOneWrites(t *testing.T) {
	e := newEdge(t)
	alice, grace := e.connect(insider("alice")), e.connect(companyAdmin("grace"))
	bob := e.connect(insider("bob"))
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob"}})
	dm := e.dm(alice.who, "bob")
	project := []string{"project"}
	setWords(e, grace.who,
		map[string]any{"channelTypes": project, "action": "block", "words": []string{"forbidden"}},
		map[string]any{"channelTypes": project, "action": "mask", "words": []string{"darn*"}},
		map[string]any{"channelTypes": project, "action": "flag", "words": []string{"resign"}})
	refused(alice, "sendMessage", text(ch.ID, "this is FОRBIDDEN", "a1"), "words_blocked") // with a Cyrillic letter
	refused(alice, "createChannel", map[string]any{"channelType": "project", "name": "Forbidden things"}, "words_blocked")
	refused(alice, "updateChannel", map[string]any{"channelId": ch.ID, "description": "forbidden"}, "words_blocked")
	refused(alice, "scheduleMessage", map[string]any{"channelId": ch.ID, "message": "forbidden", "sendAt": time.Now().Add(time.Hour)}, "words_blocked")
	m := send(alice, ch.ID, "well, d\u200barned", "a2")
	if got := expect[chat.NewMessage](bob, "newMessage", func(n chat.NewMessage) bool { return n.Message.ID == m.MessageID }); got.Message.Body != "well, *****ed" {
		t.Errorf("%q", got.Message.Body)
	}
	if again := send(alice, ch.ID, "well, d\u200barned", "a2"); !again.Duplicate {
		t.Errorf("the same message again: %+v", again)
	}
	refused(alice, "editMessage", map[string]any{"messageId": m.MessageID, "message": "forbidden"}, "words_blocked")
	request[chat.Edited](alice, "editMessage", map[string]any{"messageId": m.MessageID, "message": "darn"})
	if got := expect[chat.MessageEdited](bob, "messageEdited", nil); got.Body != "****" {
		t.Errorf("%q", got.Body)
	}
	elsewhere := send(alice, dm, "forbidden here too?", "a3") // another type of channel
	refused(alice, "sendMessage", map[string]any{"channelId": ch.ID, "clientId": "a3b", "quoteMessageId": elsewhere.MessageID}, "words_blocked")
	flagged := send(bob, ch.ID, "I resign", "b1")
	push := expect[chat.ReportPush](alice, "reportUpdated", nil)
	if got := e.reports(alice.who, "?status=open"); len(got) != 1 || got[0].ID != push.ReportID || got[0].MessageID != flagged.MessageID || got[0].Reason != "word_filter" || got[0].Body != "I resign" {
		t.Errorf("%+v", got)
	}
	setWords(e, grace.who)
	send(alice, ch.ID, "forbidden no more", "a4")
	for _, who := range []auth.Identity{alice.who, outsider("acme")} {
		if status, _, code := rest[any](e, who, "GET", "/api/moderation/words", nil); status != http.StatusForbidden || code != "admin_only" {
			t.Errorf("%s reads the words: %d %s", who.UserID, status, code)
		}
	}
	bad := []map[string]any{{"channelTypes": project, "action": "erase", "words": []string{"x"}}, {"channelTypes": []string{"x"}, "action": "mask"},
		{"action": "mask", "words": []string{"x"}}, {"channelTypes": project, "action": "mask", "words": []string{"*"}},
		{"channelTypes": project, "action": "mask", "words": []string{strings.Repeat("x", 51)}}}
	for _, list := range bad {
		if status, _, _ := rest[any](e, grace.who, "PUT", "/api/moderation/words", map[string]any{"lists": []any{list}}); status != http.StatusBadRequest {
			t.Errorf("%v: %d", list, status)
		}
	}
	many := make([]string, 2001)
	for i := range many {
		many[i] = fmt.Sprint("word", i)
	}
	if status, _, code := rest[any](e, grace.who, "PUT", "/api/moderation/words",
		map[string]any{"lists": []any{map[string]any{"channelTypes": project, "action": "mask", "words": many}}}); code != "too_many_words" {
		t.Errorf("%d %s", status, code)
	}
}

func TestAReportIsForThoseWhoModerate(t *testing.T) {
	e := newEdge(t)
	alice, bob, carol := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(insider("carol"))
	grace, mallory := e.connect(companyAdmin("grace")), e.connect(insider("mallory"))
	ch := alice.makes(map[string]any{"name": "Team", "is_private": true, "memberIds": []string{"bob", "carol"}})
	m := send(bob, ch.ID, "you are all idiots", "b1")
	report := map[string]any{"messageId": m.MessageID, "reason": "harassment", "details": "again"}
	refused(mallory, "reportMessage", report, "message_not_found")
	refused(bob, "reportMessage", report, "bad_request")
	refused(carol, "reportMessage", map[string]any{"messageId": m.MessageID, "reason": "boring"}, "bad_request")
	filed := request[chat.ReportPush](carol, "reportMessage", report)
	refused(carol, "reportMessage", report, "already_reported")
	for _, d := range []*device{alice, grace} {
		if push := expect[chat.ReportPush](d, "reportUpdated", nil); push.ReportID != filed.ReportID || push.Status != chat.ReportOpen {
			t.Errorf("%+v", push)
		}
		got := e.reports(d.who, "?status=open&channelId="+ch.ID)
		if len(got) != 1 || got[0].Body != "you are all idiots" || got[0].ReporterID != "carol" || got[0].Channel.Name != "Team" {
			t.Errorf("%s: %+v", d.who.UserID, got)
		}
	}
	request[any](alice, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "bob", "role": "admin"})
	for _, d := range []*device{bob, carol, mallory} { // bob moderates now, but not about himself
		if got := e.reports(d.who, ""); len(got) != 0 {
			t.Errorf("%s sees %+v", d.who.UserID, got)
		}
		refused(d, "decideReport", map[string]any{"reportId": filed.ReportID, "status": "dismissed"}, "report_not_found")
		if status, _, _ := rest[any](e, d.who, "GET", "/api/moderation/reports/"+filed.ReportID, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", d.who.UserID, status)
		}
	}
	refused(grace, "decideReport", map[string]any{"reportId": filed.ReportID, "status": "dismissed", "action": "delete_message"}, "bad_request")
	second := request[chat.ReportPush](alice, "reportMessage", map[string]any{"messageId": m.MessageID, "reason": "other"})
	request[any](grace, "decideReport", map[string]any{"reportId": filed.ReportID, "status": "resolved", "action": "delete_message", "note": "enough"})
	expect(carol, "messageDeleted", func(d chat.MessageDeleted) bool { return d.MessageID == m.MessageID && d.DeletedBy == "grace" })
	expect(alice, "reportUpdated", func(p chat.ReportPush) bool { return p.ReportID == second.ReportID && p.Status == chat.ReportResolved })
	refused(alice, "decideReport", map[string]any{"reportId": second.ReportID, "status": "dismissed"}, "report_closed")
	if got := e.reports(alice.who, "?status=resolved"); len(got) != 2 || !got[0].Deleted || got[0].ResolvedBy != "grace" || got[0].Body == "" {
		t.Errorf("%+v", got)
	}
	third := request[chat.ReportPush](carol, "reportMessage", map[string]any{"messageId": send(bob, ch.ID, "still", "b2").MessageID, "reason": "spam"})
	if status, _, code := rest[any](e, alice.who, "PUT", "/api/moderation/reports/"+third.ReportID,
		map[string]any{"status": "resolved", "action": "silence_member", "seconds": 600}); status != http.StatusOK {
		t.Fatal(status, code)
	}
	refused(bob, "sendMessage", text(ch.ID, "x", "b3"), "silenced")
	_, log, _ := rest[auditPage](e, grace.who, "GET", "/api/moderation/audit?channelId="+ch.ID, nil)
	if len(log.Entries) < 4 || log.Entries[0].Action != chat.AuditReportResolved || log.Entries[1].Action != chat.AuditMemberSilenced {
		t.Errorf("%+v", log.Entries)
	}
}

func TestAnAdminSilencesNoOwnerByAReport(t *testing.T) {
	e := newEdge(t)
	alice, bob, grace := e.connect(insider("alice")), e.connect(insider("bob")), e.connect(companyAdmin("grace"))
	ch := alice.makes(map[string]any{"name": "Team", "memberIds": []string{"bob"}})
	request[any](alice, "setMemberRole", map[string]any{"channelId": ch.ID, "userId": "bob", "role": "admin"})
	filed := request[chat.ReportPush](bob, "reportMessage", map[string]any{"messageId": send(alice, ch.ID, "no", "a1").MessageID, "reason": "other"})
	silence := map[string]any{"reportId": filed.ReportID, "status": "resolved", "action": "silence_member", "seconds": 600}
	refused(bob, "silenceMember", map[string]any{"channelId": ch.ID, "userId": "alice", "seconds": 600}, "not_moderator")
	refused(bob, "decideReport", silence, "not_moderator")
	send(alice, ch.ID, "heard", "a2")
	request[any](grace, "decideReport", silence)
	refused(alice, "sendMessage", text(ch.ID, "x", "a3"), "silenced")
}

func TestADirectMessageIsReadByAdminsOnlyWhenReportedOrOpened(t *testing.T) {
	e := newEdge(t)
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	grace, heidi := e.connect(companyAdmin("grace")), e.connect(companyAdmin("heidi"))
	dm := e.dm(alice.who, "bob")
	var receipts []chat.Receipt
	for i := range 9 {
		receipts = append(receipts, send(bob, dm, fmt.Sprint("secret ", i), fmt.Sprint("b", i)))
	}
	messages := "/api/moderation/dm/" + dm + "/messages"
	entries := func(query string) []chat.AuditEntry {
		_, page, _ := rest[auditPage](e, heidi.who, "GET", "/api/moderation/audit"+query, nil)
		return page.Entries
	}
	if status, _, code := rest[any](e, grace.who, "GET", messages, nil); status != http.StatusForbidden || code != "dm_not_opened" {
		t.Fatalf("without access: %d %s", status, code)
	}
	if status, _, _ := rest[any](e, grace.who, "GET", "/api/communications?channelId="+dm, nil); status != http.StatusNotFound {
		t.Errorf("as anybody: %d", status)
	}

	filed := request[chat.ReportPush](alice, "reportMessage", map[string]any{"messageId": receipts[4].MessageID, "reason": "harassment"})
	status, view, _ := rest[chat.ReportView](e, grace.who, "GET", "/api/moderation/reports/"+filed.ReportID, nil)
	if status != http.StatusOK || view.Report.Body != "secret 4" || len(view.Context) != 7 || view.Context[0].Body != "secret 1" || view.Context[6].Body != "secret 7" {
		t.Errorf("%d %+v", status, view)
	}
	if got := entries("?action=report_read"); len(got) != 1 || got[0].ChannelID != dm || got[0].ActorID != "grace" {
		t.Errorf("%+v", got)
	}

	open := func(who auth.Identity, channelID, reason string) (int, string) {
		status, _, code := rest[chat.DMAccess](e, who, "POST", "/api/moderation/dm-access", map[string]any{"channelId": channelID, "reason": reason})
		return status, code
	}
	const reason = "a complaint of harassment"
	for _, who := range []auth.Identity{alice.who, insider("mallory"), outsider("acme"), {UserID: "mia", Name: "Mia", Role: auth.RoleManager, Internal: true}} {
		if status, code := open(who, dm, reason); status != http.StatusForbidden || code != "admin_only" {
			t.Errorf("%s: %d %s", who.UserID, status, code)
		}
	}
	for _, none := range []string{"just so", strings.Repeat("\u200b", 12)} {
		if status, _ := open(grace.who, dm, none); status != http.StatusBadRequest {
			t.Errorf("the reason %q: %d", none, status)
		}
	}
	if status, _ := open(grace.who, e.general(grace.who), reason); status != http.StatusNotFound {
		t.Errorf("of what is no direct message: %d", status)
	}
	if status, code := open(grace.who, dm, reason); status != http.StatusOK {
		t.Fatal(status, code)
	}
	if push := expect[chat.DMOpened](heidi, "dmOpened", nil); push.ActorID != "grace" || push.ActorName != grace.who.Name || push.Reason != reason || len(push.People) != 2 {
		t.Errorf("%+v", push)
	}
	if got := entries("?action=dm_opened"); len(got) != 1 || got[0].Details["reason"] != reason {
		t.Errorf("%+v", got)
	}
	status, page, _ := rest[chat.Page](e, grace.who, "GET", messages+"?limit=5", nil)
	if status != http.StatusOK || len(page.Messages) != 5 || !page.HasMore {
		t.Fatalf("%d %+v", status, page)
	}
	if got := entries("?action=dm_read&channelId=" + dm); len(got) != 1 || got[0].ActorID != "grace" || got[0].Details["people"] == nil {
		t.Errorf("%+v", got)
	}
	if status, _, _ := rest[any](e, heidi.who, "GET", messages, nil); status != http.StatusForbidden {
		t.Errorf("by the access of another: %d", status)
	}
	refused(grace, "sendMessage", text(dm, "hello", "g1"), "channel_not_found")
	e.exec(`UPDATE dm_access SET until = now()`)
	if status, _, code := rest[any](e, grace.who, "GET", messages, nil); status != http.StatusForbidden || code != "dm_not_opened" {
		t.Errorf("after its time: %d %s", status, code)
	}
}

func TestADirectMessageIsOpenedByItsTwoPeople(t *testing.T) {
	e := newEdge(t)
	alice, grace := e.connect(insider("alice")), e.connect(companyAdmin("grace"))
	e.connect(insider("bob"))
	dm := e.dm(alice.who, "bob")
	open := func(request map[string]any) (int, chat.DMAccess, string) {
		request["reason"] = "a complaint of harassment"
		return rest[chat.DMAccess](e, grace.who, "POST", "/api/moderation/dm-access", request)
	}
	status, access, code := open(map[string]any{"userIds": []string{"bob", "alice"}})
	if status != http.StatusOK || access.ChannelID != dm || len(access.People) != 2 {
		t.Fatal(status, access, code)
	}
	if push := expect[chat.DMOpened](grace, "dmOpened", nil); push.ChannelID != dm {
		t.Errorf("%+v", push)
	}
	_, page, _ := rest[auditPage](e, grace.who, "GET", "/api/moderation/audit?action=dm_opened", nil)
	if people, _ := page.Entries[0].Details["people"].([]any); len(people) != 2 || page.Entries[0].ChannelID != dm {
		t.Errorf("%+v", page.Entries)
	}
	for name, userIDs := range map[string][]string{"no messages": {"alice", "grace"}, "a stranger": {"alice", "nobody"}, "not storable": {"alice", "a\x00"}} {
		if status, _, code := open(map[string]any{"userIds": userIDs}); status != http.StatusNotFound || code != "channel_not_found" {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
	for name, request := range map[string]map[string]any{
		"one": {"userIds": []string{"alice"}}, "the same": {"userIds": []string{"bob", "bob"}}, "both ways": {"userIds": []string{"alice", "bob"}, "channelId": dm},
	} {
		if status, _, code := open(request); status != http.StatusBadRequest || code != "bad_request" {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
}
