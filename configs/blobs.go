package configs

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// Blobs is where files are kept: in a folder, unless a bucket is named.
type Blobs struct {
	Dir string `key:"dir"` // absolute once loaded; "" when a bucket is named
	S3  S3     `key:"s3"`
}

// S3 names a bucket and how to get at it.
type S3 struct {
	Bucket          string `key:"bucket"`
	Region          string `key:"region"`
	Endpoint        string `key:"endpoint"` // scheme://host[:port]; "" for AWS
	Prefix          string `key:"prefix"`
	AccessKeyID     string `key:"accessKeyId"`
	SecretAccessKey string `key:"secretAccessKey"`
	PathStyle       bool   `key:"pathStyle"`
}

// Enabled tells whether files are kept in a bucket.
func (s S3) Enabled() bool { return s.Bucket != "" }

// settle names the folder.
func (b *Blobs) settle(data Data) (err error) {
	b.S3.Endpoint = strings.TrimSuffix(b.S3.Endpoint, "/")
	switch {
	case b.Dir != "":
		b.Dir, err = filepath.Abs(b.Dir)
	case !b.S3.Enabled():
		b.Dir = filepath.Join(data.Dir, "blobs")
	}
	return err
}

// blobChecks are of the keys of blobs.
var blobChecks = []keyCheck{
	{"blobs.dir", checkBlobsDir},
	{"blobs.s3.bucket", checkBucket},
	{"blobs.s3.region", checkRegion},
	{"blobs.s3.endpoint", onlyWithBucket(func(s S3) string { return s.Endpoint }, checkEndpoint)},
	{"blobs.s3.prefix", onlyWithBucket(func(s S3) string { return s.Prefix }, checkPrefix)},
	{"blobs.s3.accessKeyId", onlyWithBucket(func(s S3) string { return s.AccessKeyID }, checkAccessKey)},
	{"blobs.s3.secretAccessKey", onlyWithBucket(func(s S3) string { return s.SecretAccessKey }, checkSecretKey)},
	{"blobs.s3.pathStyle", checkPathStyle},
}

func checkBlobsDir(c *Config) error {
	if c.Blobs.Dir != "" && c.Blobs.S3.Enabled() {
		return errors.New("is set and so is blobs.s3.bucket: files are kept in a folder or in a bucket, not both")
	}
	return nil
}

// bucketName is by AWS's rules, which other servers have, too.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func checkBucket(c *Config) error {
	if b := c.Blobs.S3.Bucket; b != "" && (!bucketName.MatchString(b) || strings.Contains(b, "..")) {
		return fmt.Errorf("%q is not the name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens", b)
	}
	return nil
}

var regionName = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

func checkRegion(c *Config) error {
	if !regionName.MatchString(c.Blobs.S3.Region) {
		return fmt.Errorf("%q is not the name of a region such as eu-central-1", c.Blobs.S3.Region)
	}
	return nil
}

// onlyWithBucket checks a key that says nothing without a bucket.
func onlyWithBucket(value func(S3) string, check func(S3) error) func(*Config) error {
	return func(c *Config) error {
		if value(c.Blobs.S3) == "" {
			return nil
		}
		if !c.Blobs.S3.Enabled() {
			return errors.New("is set and blobs.s3.bucket is not")
		}
		return check(c.Blobs.S3)
	}
}

// checkEndpoint never repeats the address: somebody may have written keys into it.
func checkEndpoint(s S3) error {
	u, err := url.Parse(s.Endpoint)
	if err != nil || !isHTTP(u) || *u != (url.URL{Scheme: u.Scheme, Host: u.Host}) {
		return errors.New("is not an address such as https://s3.example.com:9000, without a path")
	}
	return nil
}

var prefix = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?$`)

func checkPrefix(s S3) error {
	if len(s.Prefix) > 200 || !prefix.MatchString(s.Prefix) {
		return fmt.Errorf("%q is not a prefix such as parley or crm/parley: letters, digits, dots, hyphens and underscores, parted by slashes", s.Prefix)
	}
	return nil
}

func checkAccessKey(s S3) error {
	if s.SecretAccessKey == "" {
		return errors.New("is set and blobs.s3.secretAccessKey is not: S3 needs both, or neither for the keys that the machine has")
	}
	return nil
}

func checkSecretKey(s S3) error {
	if s.AccessKeyID == "" {
		return errors.New("is set and blobs.s3.accessKeyId is not: S3 needs both, or neither for the keys that the machine has")
	}
	return nil
}

func checkPathStyle(c *Config) error {
	if c.Blobs.S3.PathStyle && !c.Blobs.S3.Enabled() {
		return errors.New("is true and blobs.s3.bucket is not set")
	}
	return nil
}
