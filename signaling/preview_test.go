package signaling_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/digierapro/parley/call"
	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/outbound"
	"github.com/digierapro/parley/signaling"
)

// newPreviewer is a server that previews links to one web site, on this machine, and refuses all others as it should.
func newPreviewer(t *testing.T, handle http.HandlerFunc, adjust ...func(*signaling.Config, *call.Limits)) (w whatBecomes, site string, refused *atomic.Int32) {
	web := httptest.NewServer(handle)
	t.Cleanup(web.Close)
	allowed := netip.MustParseAddrPort(web.Listener.Addr().String())
	refused = new(atomic.Int32)
	client := outbound.New(outbound.Config{Permit: func(to netip.AddrPort) bool {
		if to != allowed {
			refused.Add(1)
		}
		return to == allowed
	}})
	var service *chat.Service
	e := newEdge(t, append(adjust, func(cfg *signaling.Config, _ *call.Limits) { service = cfg.Chat })...)
	jobs, err := e.db.Jobs(service.Previewing(client), service.RemovingPictures())
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- jobs.Run(ctx) }()
	go func() { done <- e.db.SearchIndex("english", true).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
		must(t, <-done)
	})
	alice, bob := e.connect(insider("alice")), e.connect(insider("bob"))
	return whatBecomes{e, alice, bob, e.dm(alice.who, "bob")}, web.URL, refused
}

func TestALinkGetsAPreview(t *testing.T) {
	w, site, _ := newPreviewer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<meta property="og:title" content="<b>Plan</b> ` + r.URL.Path + `"><meta property="og:description" content="All of it">`))
	})
	m := send(w.alice, w.dm, "see [the plan]("+site+"/a).", "c1")
	p := expect(w.bob, "messageEdited", func(p chat.MessageEdited) bool { return p.MessageID == m.MessageID })
	if p.LinkPreview == nil || p.LinkPreview.Title != "<b>Plan</b> /a" || p.LinkPreview.URL != site+"/a" || p.Edited || p.Revision != 0 || p.EventSeq != m.EventSeq+1 {
		t.Fatalf("%+v %+v", p, p.LinkPreview)
	}
	if got := w.message(m.MessageID); got.LinkPreview == nil || got.Edited || got.LinkPreview.Description != "All of it" {
		t.Fatalf("%+v", got)
	}
	request[chat.Edited](w.alice, "editMessage", map[string]any{"messageId": m.MessageID, "message": "no: " + site + "/b"})
	p = expect(w.bob, "messageEdited", func(p chat.MessageEdited) bool { return p.LinkPreview != nil && p.EventSeq > m.EventSeq+1 })
	if p.LinkPreview.URL != site+"/b" || !p.Edited || p.Revision != 1 {
		t.Fatalf("%+v %+v", p, p.LinkPreview)
	}
}

// A page says what may be said where it is linked to.
func TestAPreviewIsFiltered(t *testing.T) {
	w, site, _ := newPreviewer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<title>A darn page</title><meta name="description" content="Of ` + strings.TrimSuffix(r.URL.Path[1:], "ing") + `.">`))
	})
	lists := []chat.WordList{
		{ChannelTypes: []chat.ChannelType{chat.General}, Action: "mask", Words: []string{"darn"}},
		{ChannelTypes: []chat.ChannelType{chat.General}, Action: "block", Words: []string{"blast"}},
	}
	if status, _, code := rest[chat.WordLists](w.e, companyAdmin("grace"), "PUT", "/api/moderation/words", map[string]any{"lists": lists}); status != http.StatusOK {
		t.Fatal(status, code)
	}
	blocked := send(w.alice, w.e.general(w.alice.who), site+"/blasting", "c1")
	masked := send(w.alice, w.e.general(w.alice.who), site+"/it", "c2")
	p := expect(w.bob, "messageEdited", func(p chat.MessageEdited) bool {
		if p.MessageID == blocked.MessageID {
			t.Errorf("a preview with a blocked word: %+v", p.LinkPreview)
		}
		return p.MessageID == masked.MessageID
	})
	if p.LinkPreview.Title != "A **** page" || p.LinkPreview.Description != "Of it." {
		t.Errorf("%+v", p.LinkPreview)
	}
}

// TestAPreviewThatComesTooLateIsForgotten: the message was edited while its page was fetched.
func TestAPreviewThatComesTooLateIsForgotten(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	w, site, _ := newPreviewer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(asked)
			<-answer
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>" + r.URL.Path + "</title>"))
	})
	slow := send(w.alice, w.dm, site+"/slow", "c1")
	<-asked
	request[chat.Changed](w.alice, "deleteMessage", slow.MessageID)
	close(answer)
	later := send(w.alice, w.dm, site+"/later", "c2")
	expect(w.bob, "messageEdited", func(p chat.MessageEdited) bool {
		if p.MessageID == slow.MessageID {
			t.Error("a deleted message got a preview")
		}
		return p.MessageID == later.MessageID
	})
	if got := w.message(slow.MessageID); got.LinkPreview != nil {
		t.Errorf("%+v", got)
	}
}

// TestAPreviewDoesNotReachInside: all that messages name here is on this machine but for one site (security.md 28).
func TestAPreviewDoesNotReachInside(t *testing.T) {
	var inside atomic.Int32
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inside.Add(1) }))
	t.Cleanup(secret.Close)
	w, site, refused := newPreviewer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, secret.URL, http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>public</title>"))
	})
	send(w.alice, w.dm, secret.URL, "c1")
	send(w.alice, w.dm, site+"/redirect", "c2")
	send(w.alice, w.dm, "`"+site+"/code`", "c3")
	m := send(w.alice, w.dm, site+"/public", "c4")
	expect(w.bob, "messageEdited", func(p chat.MessageEdited) bool { return p.MessageID == m.MessageID })
	for deadline := time.Now().Add(15 * time.Second); refused.Load() < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d addresses were refused", refused.Load())
		}
	}
	if inside.Load() != 0 {
		t.Error("an inner server was reached")
	}
}
