package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Inspection is what came of doing with a bucket what the server does: the first step that failed, and why.
type Inspection struct {
	Step string        // write, read or delete; "" when all went well
	Err  error         // of that step
	Skew time.Duration // how far the server's clock is ahead of ours; true to a second
}

// Inspect writes an object, reads it and deletes it.
func (s *S3) Inspect(ctx context.Context) (found Inspection) {
	key, text := "parley-doctor-"+strings.ToLower(rand.Text()), []byte("Made by parley doctor, and deleted again.\n")
	asked := time.Now()
	put, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: s.bucket(), Key: s.object(key), Body: bytes.NewReader(text), ContentType: aws.String("text/plain"),
	})
	if err != nil {
		found.Step, found.Err = "write", err
		return found
	}
	if at, ok := awsmiddleware.GetServerTime(put.ResultMetadata); ok {
		found.Skew = skew(at, asked, time.Now())
	}
	if err := s.readBack(ctx, key, text); err != nil {
		found.Step, found.Err = "read", err
	}
	if err := s.Delete(ctx, key); err != nil && found.Err == nil {
		found.Step, found.Err = "delete", err
	}
	return found
}

// skew takes a time that was cut to a second for the middle of that second, and that for the middle of the request.
func skew(at, asked, answered time.Time) time.Duration {
	off := at.Add(500 * time.Millisecond).Sub(asked.Add(answered.Sub(asked) / 2))
	if off.Abs() < time.Second+answered.Sub(asked)/2 {
		return 0
	}
	return off
}

func (s *S3) readBack(ctx context.Context, key string, want []byte) error {
	body, _, err := s.Open(ctx, key)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(io.LimitReader(body, int64(len(want))+1))
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return errors.New("what is read is not what was written")
	}
	return nil
}

// Preflight asks, as a browser does before it lets a page, whether pages of an origin may use a method on the bucket's
// objects. refusal says why not; err, why there was no answer.
func (s *S3) Preflight(ctx context.Context, origin, method string) (refusal string, err error) {
	link, err := s.Link(ctx, probe, "text/plain", "")
	if err != nil {
		return "", err
	}
	object, err := url.Parse(link)
	if err != nil {
		return "", err
	}
	object.RawQuery = ""
	request, err := http.NewRequestWithContext(ctx, http.MethodOptions, object.String(), nil)
	if err != nil {
		return "", err
	}
	request.Header.Set("Origin", origin)
	request.Header.Set("Access-Control-Request-Method", method)
	request.Header.Set("Access-Control-Request-Headers", "content-type")
	answer, err := s.http.Do(request)
	if err != nil {
		return "", err
	}
	_ = answer.Body.Close()
	return refusalOf(answer, origin, method), nil
}

// refusalOf is the browser's judgement, by the Fetch standard's CORS-preflight fetch; "" when it lets the page.
func refusalOf(answer *http.Response, origin, method string) string {
	h := answer.Header
	switch allowed := h.Get("Access-Control-Allow-Origin"); {
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return fmt.Sprintf("it is answered with status %d", answer.StatusCode)
	case allowed != "*" && allowed != origin:
		return "the origin is not allowed"
	case method != http.MethodGet && !lists(h, "Access-Control-Allow-Methods", method): // GET needs no leave
		return "the method is not allowed"
	case !lists(h, "Access-Control-Allow-Headers", "content-type"):
		return "the header Content-Type is not allowed"
	}
	return ""
}

// lists tells whether a header that is a list has an item, or has them all.
func lists(h http.Header, name, want string) bool {
	for _, value := range h.Values(name) {
		for item := range strings.SplitSeq(value, ",") {
			if item = strings.TrimSpace(item); item == "*" || strings.EqualFold(item, want) {
				return true
			}
		}
	}
	return false
}
