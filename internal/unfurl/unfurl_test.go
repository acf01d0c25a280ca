package unfurl

import (
	"strings"
	"testing"
)

func TestWhatAPageSaysOfItself(t *testing.T) {
	for page, want := range map[string]Card{
		`<title> Plain
			title </title><meta name=description content="d">`: {Title: "Plain title", Description: "d"},
		`<head><title>x</title><meta property="og:title" content="A &amp; &lt;b&gt;"><meta property="og:site_name" content="S"></head><title>y</title>`: {Title: "A & <b>", Site: "S"},
		`<meta name="twitter:title" content="T"><body><meta property="og:title" content="late">`:                                                        {Title: "T"},
		"<title>a\u202eb\u200bc\x00d\ue000e</title>":                     {Title: "abc\ufffdde"},
		`<script>var a = "<title>no</title>"</script><title>yes</title>`: {Title: "yes"},
		"<title>" + strings.Repeat("é", 500) + "</title>":                {Title: strings.Repeat("é", maxTitle-1) + "…"},
		strings.Repeat("<p>", maxTokens) + "<title>too deep</title>":     {},
		`<title>P</title><meta property="og:image" content=" /a.png "><meta property="og:image" content="/b.png"><meta property="og:image:alt" content="A
			view"><meta name="twitter:image" content="/c.png">`: {Title: "P", Image: "/a.png", ImageAlt: "A view"},
		`<meta property="og:image" content="http://x/"><meta property="og:image:secure_url" content="https://x/">`: {Image: "https://x/"},
		`<meta name="twitter:image:src" content="https://y/?a=1&amp;b=2">`:                                         {Image: "https://y/?a=1&b=2"},
		`<meta property="og:image" content="https://z/` + strings.Repeat("z", maxImage) + `">`:                     {},
		"": {}, "<": {}, "<meta": {}, `<meta property=og:title content=`: {}, "\xff\xfe": {},
	} {
		if got := Read([]byte(page), "text/html; charset=utf-8"); got != want {
			t.Errorf("%.60q: %+v", page, got)
		}
	}
	if got := Read([]byte("<title>Z\xfcrich</title>"), "text/html; charset=iso-8859-1"); got.Title != "Zürich" {
		t.Errorf("%+v", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`<meta property="og:title" content="x">`))
	f.Fuzz(func(t *testing.T, page []byte) {
		c := Read(page, "text/html")
		if len([]rune(c.Title)) > maxTitle || strings.ContainsAny(c.Title+c.Description+c.Site, "\n\x00\u202e") {
			t.Errorf("%+v", c)
		}
	})
}
