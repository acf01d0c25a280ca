package blob

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// Bounds of what we wait for. A server that is away costs a request no more than this.
const (
	shortTimeout = 5 * time.Second  // of what moves no bytes, with its second try
	putTimeout   = 30 * time.Second // beside what the bytes take
	slowest      = 128 << 10        // bytes a second; a way that is slower counts as broken
)

// S3Config names a bucket.
type S3Config struct {
	Bucket          string
	Region          string
	Endpoint        string // "" for AWS
	Prefix          string // of all keys, without a slash at the end; "" for none
	AccessKeyID     string // "" for what the machine has: environment, shared files, the cloud's own service
	SecretAccessKey string
	PathStyle       bool // the bucket is named in the path, not in the host
}

// S3 keeps blobs as objects of a bucket.
type S3 struct {
	cfg    S3Config
	http   *http.Client
	client *s3.Client
	signer *s3.PresignClient
	short  time.Duration // shortTimeout, but in tests
}

// OpenS3 returns a client of the bucket. It does not ask the server anything: one that is away must not stop the start.
func OpenS3(ctx context.Context, cfg S3Config) (*S3, error) {
	if cfg.Prefix != "" {
		cfg.Prefix = strings.TrimSuffix(cfg.Prefix, "/") + "/"
	}
	options := []func(*config.LoadOptions) error{
		config.WithRegion(cfg.Region), config.WithHTTPClient(impatient()), config.WithRetryMaxAttempts(2), config.WithLogger(logging.Nop{}),
	}
	if cfg.AccessKeyID != "" {
		options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(cfg.AccessKeyID, cfg.SecretAccessKey, "")))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	web := plainClient(loaded.HTTPClient)
	loaded.HTTPClient = web
	client := s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.UsePathStyle = cfg.PathStyle
		if cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(cfg.Endpoint)
		}
		// Checksums in trailers are refused by servers that know S3 as it was; the signature covers the body either way.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
	})
	return &S3{cfg: cfg, http: web, client: client, signer: s3.NewPresignClient(client), short: shortTimeout}, nil
}

// impatient is a client of the SDK's own sort, for only such a one can the machine give roots of its own (AWS_CA_BUNDLE).
func impatient() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = 3 * time.Second }).
		WithTransportOptions(func(t *http.Transport) {
			t.TLSHandshakeTimeout, t.ResponseHeaderTimeout, t.IdleConnTimeout = 3*time.Second, putTimeout, time.Minute
		})
}

// plainClient is one of the same transport whose connections can be closed.
func plainClient(of aws.HTTPClient) *http.Client {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // to another region, which a signature does not survive
	}}
	if built, ok := of.(*awshttp.BuildableClient); ok {
		client.Transport = built.GetTransport()
	}
	return client
}

// Close ends the connections that are kept.
func (s *S3) Close() error {
	s.http.CloseIdleConnections()
	return nil
}

// bucket and object are how requests name things.
func (s *S3) bucket() *string { return &s.cfg.Bucket }

func (s *S3) object(key string) *string { return aws.String(s.cfg.Prefix + key) }
