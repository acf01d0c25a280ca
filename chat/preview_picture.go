package chat

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/fault"
	"github.com/digierapro/parley/internal/job"
	"github.com/digierapro/parley/internal/picture"
)

// PictureRemovalKind is the kind of the jobs that remove the picture of a preview; each has a picture's key.
const PictureRemovalKind = "remove preview picture"

const (
	pictureTimeout = 15 * time.Second // of all that is done for a picture
	pictureBytes   = 5 << 20
	pictureSide    = 640
	// unclaimed is when a picture is removed again that came to no message, since the node died or the message changed.
	unclaimed = 10 * time.Minute
)

var pictureTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// PictureStore keeps the pictures of previews, by keys that we choose.
type PictureStore interface {
	Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	// Delete removes a picture; one that is not there is removed already.
	Delete(ctx context.Context, key string) error
	// Link gives a link that everybody who has it can follow, for a short time.
	Link(ctx context.Context, key, contentType, name string) (string, error)
}

// KeepPictures names where the pictures of previews are kept; without it there are none. It is called before all else.
func (s *Service) KeepPictures(in PictureStore) { s.pictures = in }

// errNoPicture is for those who may read the message.
var errNoPicture = fault.New(fault.NotFound, "preview_image_not_found", "This message shows no picture of a page.")

// PreviewImage is where the picture of a message's preview can be fetched.
type PreviewImage struct {
	URL string `json:"url"`
}

// PreviewImage gives a link to the picture of a message's preview, to those who may read the message.
func (s *Service) PreviewImage(ctx context.Context, who auth.Identity, messageID string) (PreviewImage, error) {
	p, err := s.message(ctx, who, Read, messageID)
	if err != nil {
		return PreviewImage{}, err
	}
	if s.pictures == nil || p.Message.LinkPreview == nil || p.Message.LinkPreview.Picture == "" {
		return PreviewImage{}, errNoPicture
	}
	key := p.Message.LinkPreview.Picture
	link, err := s.pictures.Link(ctx, key, pictureType(key), "")
	return PreviewImage{URL: link}, err
}

// addPicture adds the picture that a page names to its preview. Whatever goes wrong, the preview is without.
func (p *previewer) addPicture(ctx context.Context, preview *LinkPreview, from *url.URL, address string) error {
	if p.service.pictures == nil || address == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTimeout)
	defer cancel()
	at, err := from.Parse(address)
	if err != nil {
		return err
	}
	page, err := p.get(ctx, at.String(), pictureBytes+1, pictureTypes...)
	if err != nil {
		return err
	}
	if len(page.Body) > pictureBytes {
		return errors.New("the picture is too large a file")
	}
	small, err := picture.Small(ctx, page.Body, pictureSide)
	if err != nil {
		return err
	}
	key := newPictureKey(small.ContentType)
	if err := p.service.store.PlanPictureRemoval(ctx, key, p.service.now().Add(unclaimed)); err != nil {
		return err
	}
	if err := p.service.pictures.Put(ctx, key, small.ContentType, int64(len(small.Data)), bytes.NewReader(small.Data)); err != nil {
		return err
	}
	preview.Picture, preview.ImageWidth, preview.ImageHeight = key, small.Width, small.Height
	return nil
}

// newPictureKey chooses a key that nobody can guess.
func newPictureKey(contentType string) string {
	name, suffix := strings.ToLower(rand.Text()), ".jpg"
	if contentType == "image/png" {
		suffix = ".png"
	}
	return "previews/" + name[:2] + "/" + name[2:] + suffix
}

func pictureType(key string) string {
	if strings.HasSuffix(key, ".png") {
		return "image/png"
	}
	return "image/jpeg"
}

// RemovingPictures is the job that removes pictures that no message shows any more. It tries until it succeeds: a place that
// is away comes back.
func (s *Service) RemovingPictures() job.Handler {
	return job.Handler{Kind: PictureRemovalKind, Slots: 4, Attempts: math.MaxInt32, Work: func(ctx context.Context, args json.RawMessage) error {
		var key string
		if err := json.Unmarshal(args, &key); err != nil {
			return job.Final(err)
		}
		return s.pictures.Delete(ctx, key)
	}}
}
