// Package unfurl reads what a web page says of itself: its title, description, site and picture, from Open Graph, Twitter
// cards or the plain elements.
package unfurl

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// Bounds of what is read and of what is kept.
const (
	maxTokens      = 5000
	maxTitle       = 200 // characters
	maxDescription = 400
	maxSite        = 80
	maxImage       = 2048 // bytes
)

// Card is what a page says of itself; all of it is plain text. Image is where its picture is, perhaps relative to the page,
// and ImageAlt what is seen there.
type Card struct{ Title, Description, Site, Image, ImageAlt string }

// Read reads the head of a page. Whatever is wrong with the page, it gives what came before.
func Read(page []byte, contentType string) Card {
	reader, err := charset.NewReader(bytes.NewReader(page), contentType)
	if err != nil {
		return Card{}
	}
	r := reading{meta: make(map[string]string)}
	z := html.NewTokenizer(reader)
	z.SetMaxBuf(64 << 10)
	for range maxTokens {
		if !r.next(z) {
			break
		}
	}
	return Card{
		Title:       clean(first(r.meta["og:title"], r.meta["twitter:title"], r.title.String()), maxTitle),
		Description: clean(first(r.meta["og:description"], r.meta["twitter:description"], r.meta["description"]), maxDescription),
		Site:        clean(r.meta["og:site_name"], maxSite),
		Image:       r.image(),
		ImageAlt:    clean(first(r.meta["og:image:alt"], r.meta["twitter:image:alt"]), maxDescription),
	}
}

type reading struct {
	meta    map[string]string
	title   strings.Builder
	inTitle bool
}

// next reads one token; false at the end of what is of interest.
func (r *reading) next(z *html.Tokenizer) bool {
	switch z.Next() {
	case html.ErrorToken:
		return false
	case html.TextToken:
		if r.inTitle && r.title.Len() < 4*maxTitle {
			r.title.Write(z.Text())
		}
	case html.EndTagToken:
		name, _ := z.TagName()
		if tag := atom.Lookup(name); tag == atom.Title {
			r.inTitle = false
		} else if tag == atom.Head {
			return false
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		name, more := z.TagName()
		switch atom.Lookup(name) {
		case atom.Title:
			r.inTitle = r.title.Len() == 0
		case atom.Meta:
			r.note(z, more)
		case atom.Body:
			return false
		}
	}
	return true
}

// wanted are the names of meta elements that say something.
var wanted = map[string]bool{
	"og:title": true, "og:description": true, "og:site_name": true, "twitter:title": true, "twitter:description": true, "description": true,
	"og:image": true, "og:image:url": true, "og:image:secure_url": true, "og:image:alt": true, "twitter:image": true, "twitter:image:src": true, "twitter:image:alt": true,
}

// image is the address of the first picture; one that is cut off would be another.
func (r *reading) image() string {
	address := strings.TrimSpace(first(r.meta["og:image:secure_url"], r.meta["og:image"], r.meta["og:image:url"], r.meta["twitter:image"], r.meta["twitter:image:src"]))
	if len(address) > maxImage || !utf8.ValidString(address) {
		return ""
	}
	return address
}

func (r *reading) note(z *html.Tokenizer, more bool) {
	var name, content string
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "property", "name":
			if n := strings.ToLower(string(value)); wanted[n] {
				name = n
			}
		case "content":
			content = string(value)
		}
	}
	if name != "" && r.meta[name] == "" {
		r.meta[name] = content
	}
}

func first(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

// clean makes text of one line out of it, without what is not seen or turns other text around.
func clean(s string, limit int) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > limit {
		s = strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
	}
	return s
}
