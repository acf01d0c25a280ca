package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Put stores a blob of so many bytes of a type, or replaces it: whole, or not at all. A body that can be read again is sent
// again when that fails.
func (s *S3) Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := checkLength(body, size); err != nil {
		return err
	}
	from := &source{Reader: &exact{body, size}}
	var options []func(*s3.Options)
	switch _, ok := body.(io.Seeker); {
	case size == 0: // of which HTTP would read nothing
		_, _ = from.Read(nil)
		body = strings.NewReader("")
	case !ok: // what is read once cannot be read for the signature first
		body = from
		options = append(options, s3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware))
	}
	if from.err != nil {
		return fmt.Errorf("read what is to be stored: %w", from.err)
	}
	ctx, cancel := context.WithTimeout(ctx, putTimeout+time.Duration(size/slowest)*time.Second)
	defer cancel()
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: s.bucket(), Key: s.object(key), Body: body, ContentLength: &size, ContentType: &contentType,
	}, options...)
	if from.err != nil {
		return fmt.Errorf("read what is to be stored: %w", from.err)
	}
	return translate(err)
}

// checkLength sees whether a body that can be read again is as long as was said.
func checkLength(body io.Reader, size int64) error {
	seeker, ok := body.(io.Seeker)
	if !ok {
		return nil
	}
	here, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	end, err := seeker.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if end-here != size {
		return errSize
	}
	_, err = seeker.Seek(here, io.SeekStart)
	return err
}

// Open gives a blob's bytes, and how many they are; ErrNotFound when there is none. Reading them ends with ctx.
func (s *S3) Open(ctx context.Context, key string) (io.ReadCloser, int64, error) {
	if err := checkKey(key); err != nil {
		return nil, 0, err
	}
	answer, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: s.bucket(), Key: s.object(key)})
	if err != nil {
		return nil, 0, translate(err)
	}
	return answer.Body, aws.ToInt64(answer.ContentLength), nil
}

// Stat tells of a blob; ErrNotFound when there is none.
func (s *S3) Stat(ctx context.Context, key string) (Info, error) {
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.short)
	defer cancel()
	answer, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: s.bucket(), Key: s.object(key)})
	if err != nil {
		return Info{}, translate(err)
	}
	return Info{Size: aws.ToInt64(answer.ContentLength), Modified: aws.ToTime(answer.LastModified)}, nil
}

// Delete removes a blob; one that is not there is removed already.
func (s *S3) Delete(ctx context.Context, key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.short)
	defer cancel()
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: s.bucket(), Key: s.object(key)})
	if err = translate(err); err == error(ErrNotFound) {
		return nil
	}
	return err
}

// Link gives a presigned link to a blob that is good for LinkTTL: of a type, and with a name ("" for none). No request is
// made for it but what the machine's own keys may need.
func (s *S3) Link(ctx context.Context, key, contentType, name string) (string, error) {
	if err := checkKey(key); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, s.short)
	defer cancel()
	link, err := s.signer.PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: s.bucket(), Key: s.object(key), ResponseContentType: &contentType, ResponseCacheControl: aws.String(linkCaching),
		ResponseContentDisposition: aws.String(disposition(contentType, name)),
	}, s3.WithPresignExpires(LinkTTL))
	if err != nil {
		return "", unavailable(err)
	}
	return link.URL, nil
}

// probe is an object of ours by which a check sees whether the bucket answers. It stays there, since reading is cheaper than
// writing.
const probe = "parley-probe"

// Check sees whether the bucket can be read and, the first time, written. What is not there is forbidden to who may not list
// the bucket, so only the second look tells.
func (s *S3) Check(ctx context.Context) error {
	if _, err := s.Stat(ctx, probe); err == nil {
		return nil
	}
	const text = "Parley looks at this to see whether the bucket answers.\n"
	if err := s.Put(ctx, probe, "text/plain", int64(len(text)), strings.NewReader(text)); err != nil {
		return err
	}
	_, err := s.Stat(ctx, probe)
	return err
}

// translate tells what is not there from all else that may be wrong.
func translate(err error) error {
	var answer *awshttp.ResponseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusNotFound && code(err) != "NoSuchBucket":
		return ErrNotFound
	}
	return unavailable(err)
}
