package chat

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/digierapro/parley/internal/bus"
	"github.com/digierapro/parley/internal/job"
	"github.com/digierapro/parley/internal/outbound"
	"github.com/digierapro/parley/internal/rate"
	"github.com/digierapro/parley/internal/unfurl"
)

// PreviewKind is the kind of the jobs that fetch what a message links to; each has a message's id.
const PreviewKind = "link preview"

const (
	previewTimeout = 5 * time.Second // of a page, with all redirections
	previewBytes   = 512 << 10
	previewWait    = 3 * time.Second // for a host that was asked a moment ago
	previewSlots   = 4
	previewWork    = previewWait + previewTimeout + pictureTimeout + 15*time.Second // the database's part is the last
)

var (
	previewsPerUser = rate.Every(time.Minute, 20)
	previewsPerHost = rate.Limit{PerSecond: 1, Burst: 3}
)

// previewer fetches previews, and no more of them for one user or from one host than is decent.
type previewer struct {
	service *Service
	client  *outbound.Client
	users   rate.Buckets[string]
	hosts   rate.Buckets[string]
}

// Previewing is the job that adds to a message what the page that it links to says of itself. A page that cannot be
// fetched is no failure: the message stays without.
func (s *Service) Previewing(client *outbound.Client) job.Handler {
	p := &previewer{service: s, client: client}
	return job.Handler{Kind: PreviewKind, Slots: previewSlots, Attempts: 3, Timeout: previewWork, Work: func(ctx context.Context, args json.RawMessage) error {
		var messageID string
		if err := json.Unmarshal(args, &messageID); err != nil {
			return job.Final(err)
		}
		return p.preview(ctx, messageID)
	}}
}

func (p *previewer) preview(ctx context.Context, messageID string) error {
	s := p.service
	place, err := s.store.MessageAccess(ctx, messageID, "")
	if errors.Is(err, ErrNoMessage) {
		return nil
	} else if err != nil {
		return err
	}
	m := place.Message
	address := FirstLink(m.Body)
	if m.Deleted || m.Type != Text || m.LinkPreview != nil || address == "" {
		return nil
	}
	if p.users.Take(m.Sender.ID, previewsPerUser, s.now()) > 0 {
		return nil
	}
	preview, err := p.fetch(ctx, address)
	if err != nil || preview.Title == "" {
		s.log.Debug("no link preview", "message", m.ID, "error", err)
		return nil
	}
	err = s.filteredNames(ctx, place.Channel.Type, &preview.Title, &preview.Description, &preview.SiteName, &preview.ImageAlt)
	if errors.Is(err, ErrWordsBlocked) {
		return nil // what may not be written there is not shown there either
	} else if err != nil {
		return err
	}
	m, eventSeq, err := s.store.SetLinkPreview(ctx, m.ID, m.Revision, preview)
	if errors.Is(err, ErrNoMessage) || err == nil && eventSeq == 0 {
		return nil // it was edited or deleted meanwhile
	} else if err != nil {
		return err
	}
	s.publish(ctx, bus.Channel(m.ChannelID), EventMessageEdited, EditedPush(m, eventSeq))
	return nil
}

// fetch makes a preview of the page at an address.
func (p *previewer) fetch(ctx context.Context, address string) (LinkPreview, error) {
	page, err := p.get(ctx, address, previewBytes, "text/html", "application/xhtml+xml")
	if err != nil {
		return LinkPreview{}, err
	}
	card := unfurl.Read(page.Body, page.ContentType)
	preview := LinkPreview{URL: address, Title: card.Title, Description: card.Description, SiteName: card.Site, ImageAlt: card.ImageAlt}
	if card.Title == "" {
		return preview, nil
	}
	if err := p.addPicture(ctx, &preview, page.URL, card.Image); err != nil {
		p.service.log.Debug("a link preview is without its picture", "error", err)
	}
	if preview.Picture == "" {
		preview = preview.WithoutPicture()
	}
	return preview, nil
}

// get fetches something, after a moment when its host was asked a moment ago.
func (p *previewer) get(ctx context.Context, address string, limit int64, types ...string) (outbound.Page, error) {
	u, err := url.Parse(address)
	if err != nil {
		return outbound.Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, previewWait+previewTimeout)
	defer cancel()
	for wait := time.Duration(1); wait > 0; {
		if wait = p.hosts.Take(strings.ToLower(u.Hostname()), previewsPerHost, time.Now()); wait > previewWait {
			return outbound.Page{}, errors.New("this host is asked too often")
		}
		select {
		case <-ctx.Done():
			return outbound.Page{}, ctx.Err()
		case <-time.After(wait):
		}
	}
	fetching, done := context.WithTimeout(ctx, previewTimeout)
	defer done()
	return p.client.Get(fetching, address, limit, types...)
}

var (
	code    = regexp.MustCompile("(?s)```.*?(```|$)|`[^`\n]*`")
	webLink = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"]+`)
)

// FirstLink finds the first web address in a message, outside of code; "" when there is none.
func FirstLink(body string) string {
	found := webLink.FindString(code.ReplaceAllString(body, " "))
	found = strings.TrimRight(found, ".,;:!?'*_~|]")
	for strings.HasSuffix(found, ")") && strings.Count(found, "(") < strings.Count(found, ")") { // of [text](address)
		found = strings.TrimRight(found[:len(found)-1], ".,;:!?'*_~|]")
	}
	if u, err := url.Parse(found); err != nil || u.Hostname() == "" || len(found) > 2048 {
		return ""
	}
	return found
}
