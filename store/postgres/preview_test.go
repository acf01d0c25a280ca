package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/chat"
	"github.com/digierapro/parley/internal/testkit"
	"github.com/digierapro/parley/store/postgres"
)

// pictured is a channel whose messages get previews with pictures.
type pictured struct {
	*postgres.ChatStore
	t       *testing.T
	db      *postgres.DB
	general string
}

func newPictured(t *testing.T) pictured {
	t.Helper()
	db := testkit.Postgres(t)
	p := pictured{db.Chat(), t, db, ""}
	for _, u := range []chat.User{alice, bob} {
		_, err := p.UpsertUser(t.Context(), u)
		p.must(err)
	}
	var err error
	p.general, err = p.GeneralChannelID(t.Context())
	p.must(err)
	return p
}

func (p pictured) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p pictured) write() chat.Message {
	p.t.Helper()
	a, err := p.Append(p.t.Context(), draft(p.general, alice, "http://a.example"))
	p.must(err)
	return a.Message
}

func (p pictured) plan(key string) {
	p.t.Helper()
	p.must(p.PlanPictureRemoval(p.t.Context(), key, time.Now().Add(time.Hour)))
}

func (p pictured) show(m chat.Message, key string) chat.LinkPreview {
	p.t.Helper()
	preview := chat.LinkPreview{URL: "http://a.example", Title: "A", ImageWidth: 640, ImageHeight: 336, ImageAlt: "a", Picture: key}
	m, eventSeq, err := p.SetLinkPreview(p.t.Context(), m.ID, m.Revision, preview)
	p.must(err)
	if eventSeq == 0 || m.LinkPreview == nil {
		p.t.Fatalf("%+v", m)
	}
	return *m.LinkPreview
}

// removal is how the removal of a picture stands: "none", "planned" or "due".
func (p pictured) removal(key string) (state string) {
	p.t.Helper()
	p.must(p.db.Query(p.t.Context(), `SELECT coalesce(max(CASE WHEN run_at <= now() THEN 'due' ELSE 'planned' END), 'none')
		FROM jobs WHERE kind = '`+chat.PictureRemovalKind+`' AND key = '`+key+`'`, &state))
	return state
}

func TestAPictureIsTheMessagesUntilItsWordsGo(t *testing.T) {
	p := newPictured(t)
	edited, deleted := p.write(), p.write()
	for key, m := range map[string]chat.Message{"edited.png": edited, "deleted.png": deleted} {
		p.plan(key)
		if state := p.removal(key); state != "planned" {
			t.Errorf("%s: %s", key, state)
		}
		if preview := p.show(m, key); preview.Picture != key || !strings.Contains(preview.Image, m.ID) || preview.ImageWidth != 640 || p.removal(key) != "none" {
			t.Errorf("%s: %s, %+v", key, p.removal(key), preview)
		}
	}
	edit := chat.MessageEdit{MessageID: edited.ID, EditorID: "alice", Body: edited.Body, Mentions: []string{"bob"}} // the same words
	m, _, _, err := p.EditMessage(t.Context(), edit)
	p.must(err)
	if m.LinkPreview == nil || m.LinkPreview.Picture != "edited.png" || p.removal("edited.png") != "none" {
		t.Errorf("%s, %+v", p.removal("edited.png"), m.LinkPreview)
	}
	edit.Body = "other words"
	m, _, _, err = p.EditMessage(t.Context(), edit)
	p.must(err)
	if m.LinkPreview != nil || p.removal("edited.png") != "due" {
		t.Errorf("%s, %+v", p.removal("edited.png"), m.LinkPreview)
	}
	m, _, err = p.DeleteMessage(t.Context(), deleted.ID, "alice")
	p.must(err)
	if m.LinkPreview != nil || p.removal("deleted.png") != "due" {
		t.Errorf("%s, %+v", p.removal("deleted.png"), m.LinkPreview)
	}
}

func TestAPictureWhoseRemovalHasBegunIsNotTaken(t *testing.T) {
	p := newPictured(t)
	p.plan("begun.png")
	_, err := p.db.Exec(t.Context(), `UPDATE jobs SET attempts = 1 WHERE key = 'begun.png'`)
	p.must(err)
	for _, key := range []string{"begun.png", "never-planned.png"} {
		if preview := p.show(p.write(), key); preview != (chat.LinkPreview{URL: "http://a.example", Title: "A"}) {
			t.Errorf("%s: %+v", key, preview)
		}
	}
	if state := p.removal("begun.png"); state != "planned" {
		t.Errorf("it is left: %s", state)
	}
}
