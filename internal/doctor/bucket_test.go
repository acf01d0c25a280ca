package doctor

import (
	"strings"
	"testing"
	"time"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/testkit/s3test"
	"github.com/digierapro/parley/store/blob"
)

func withS3(s *s3test.Server) *configs.Config {
	return &configs.Config{
		Server: configs.Server{PublicURL: "https://parley.example.com", AllowedOrigins: []string{"https://crm.example.com"}},
		Blobs: configs.Blobs{S3: configs.S3{
			Bucket: s.Bucket, Region: s.Region, Endpoint: s.URL, PathStyle: true, AccessKeyID: s.AccessKeyID, SecretAccessKey: s.SecretAccessKey,
		}},
	}
}

func TestBucket(t *testing.T) {
	s := s3test.Start(t)
	bucket := func(change func(*configs.S3)) Check {
		cfg := withS3(s)
		change(&cfg.Blobs.S3)
		return bucketChecks(cfg)[0]
	}
	right := func(*configs.S3) {}
	wants(t, bucket(right), OK, "its clock agrees")
	wants(t, bucket(func(c *configs.S3) { c.Bucket = "another" }), Failed, "there is no such bucket")
	wants(t, bucket(func(c *configs.S3) { c.SecretAccessKey = "wrong" }), Failed, "blobs.s3.secretAccessKey")
	wants(t, bucket(func(c *configs.S3) { c.Endpoint = "http://127.0.0.1:1" }), Failed, "connection refused")
	s.Allow("s3:PutObject", "s3:GetObject")
	wants(t, bucket(right), Failed, "cannot delete objects in the bucket parley-test: the keys are not allowed to: give them s3:PutObject")
	s.Allow("s3:GetObject")
	wants(t, bucket(right), Failed, "cannot write")
	s.Stop()
	wants(t, bucket(right), Failed, "connection refused")
}

func TestBucketsClock(t *testing.T) {
	for skew, want := range map[time.Duration]Verdict{
		0: OK, -3 * time.Second: OK, 10 * time.Second: Warning, -10 * time.Second: Warning, 31 * time.Second: Failed, -time.Hour: Failed,
	} {
		if found := judgeBucket(configs.S3{Bucket: "b"}, blob.Inspection{Skew: skew}); found.Verdict != want || want != OK && !strings.Contains(found.Says, "NTP") {
			t.Errorf("%s: %+v", skew, found)
		}
	}
}

func TestCORSOfTheBucket(t *testing.T) {
	s := s3test.Start(t)
	const crm, public = "https://crm.example.com", "https://parley.example.com"
	cors := bucketChecks(withS3(s))[1]
	rule := `{"CORSRules":[{"AllowedOrigins":["` + crm + `","` + public + `"],"AllowedMethods":["GET","PUT"],"AllowedHeaders":["*"],"ExposeHeaders":["ETag"]}]}`
	wants(t, cors, Failed, rule)
	wants(t, cors, Failed, "aws s3api put-bucket-cors --bucket parley-test --cors-configuration file://cors.json --endpoint-url "+s.URL)
	s.AllowOrigins([]string{"GET", "PUT"}, crm)
	wants(t, cors, Failed, "pages of "+public+" write")
	s.AllowOrigins([]string{"PUT"}, crm, public)
	wants(t, cors, Failed, "pages of "+crm+" read")
	s.SetCORS(rule)
	wants(t, cors, OK, public)
	s.Stop()
	wants(t, cors, Failed, "connection refused")

	alone := withS3(s)
	alone.Server = configs.Server{}
	if checks := bucketChecks(alone); len(checks) != 1 {
		t.Errorf("%d checks without any origin", len(checks))
	}
}
