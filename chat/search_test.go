package chat

import (
	"fmt"
	"html"
	"strings"
	"testing"
	"time"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"Zürich, ÉCOLE!": "zurich  ecole ", "Straße Łódź Øre": "strasse lodz ore", "ﬁne Ⅷ": "fine viii", "東京ガ": "東京カ",
		"a\u200bb\u0301": "ab", "x_y-z": "x y z", "🎉 ok": "🎉 ok", "한국어": "한국어", "": "",
	} {
		if got := Fold(text); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}

func TestFoldQuery(t *testing.T) {
	for text, want := range map[string]string{
		`Foo -bar "Big Words"`: `foo -bar "big words"`, "e-mail": "e mail", "  a   b ": "a b", "“x”": `"x"`, "!&|:*()<>'\\": "",
	} {
		if got := foldQuery(text); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}

func TestPartsOf(t *testing.T) {
	for words, want := range map[string]string{
		"a b": "[[a b]] []", "a or b c": "[[a] [b c]] []", `"a b" c`: "[[a b c]] []", `or a or`: "[[a]] []", `a -"b c" d`: "[[a d]] [b c]",
		`a"b`: "[[a b]] []", `"`: "[] []", `-`: "[] []", `"or" a`: "[[or a]] []", "": "[] []", `--a`: "[] [-a]",
	} {
		parts, without := partsOf(words)
		if got := fmt.Sprint(parts, without); got != want {
			t.Errorf("%q: %s, not %s", words, got, want)
		}
	}
}

func TestFirstLink(t *testing.T) {
	for body, want := range map[string]string{
		"see https://example.com/a, please":            "https://example.com/a",
		"[text](https://example.com/a_(b)) and more":   "https://example.com/a_(b)",
		"**HTTP://Example.com**":                       "HTTP://Example.com",
		"`https://example.com` ```https://example.org": "",
		"javascript:alert(1) ftp://example.com":        "",
		"https:// nothing":                             "",
		"<https://example.com/x>":                      "https://example.com/x",
	} {
		if got := FirstLink(body); got != want {
			t.Errorf("%q: %q, not %q", body, got, want)
		}
	}
}

func TestCursorsComeBack(t *testing.T) {
	at := SearchPlace{At: time.UnixMilli(1795419000123).UTC(), MessageID: "6561f0335c1b2a0007a1b2d0"}
	for _, byParts := range []bool{true, false} {
		if got, p, err := parseCursor(cursorOf(byParts, at)); err != nil || got != byParts || p != at {
			t.Errorf("%v %+v %v", got, p, err)
		}
	}
	for _, bad := range []string{"", "w", "x1-6561f0335c1b2a0007a1b2d0", "w1-x", "wzzzzzzzzzzz-6561f0335c1b2a0007a1b2d0", "w--6561f0335c1b2a0007a1b2d0"} {
		if _, _, err := parseCursor(bad); err == nil {
			t.Errorf("%q is taken for a cursor", bad)
		}
	}
}

// FuzzHighlight: whatever a message says and whatever is found in it, the only HTML is our own marks, in pairs.
func FuzzHighlight(f *testing.F) {
	f.Add("Zürich <b>x</b> & more", "zurich")
	f.Add(string(MarkStart)+"a"+string(MarkEnd)+"</mark>", "a")
	f.Fuzz(func(t *testing.T, body, word string) {
		got := highlight(body, markWords(Fold(body), []string{Fold(word)}), word)
		bare := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(got)
		if strings.ContainsAny(bare, `<>"'`) || strings.Count(got, "<mark>") != strings.Count(got, "</mark>") {
			t.Fatalf("%q in %q: %q", word, body, got)
		}
		whole := strings.ToValidUTF8(body, "\ufffd")
		if text := strings.Trim(html.UnescapeString(bare), "…"); len([]rune(body)) < excerptBefore && !strings.Contains(body, "…") && text != whole && text != string([]rune(body)) {
			t.Fatalf("%q became %q", body, text)
		}
	})
}
