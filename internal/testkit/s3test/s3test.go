// Package s3test gives tests a real S3 server in a process of its own: versitygw over a folder. It was chosen among what Go
// modules and npm offer because it checks signatures, also of links, and knows bucket policies, several keys and CORS, as
// the servers do that companies run; gofakes3 and s3rver check no signatures. It is a module of its own (server/go.mod), so
// that none of it is in Parley's; the first test that needs it builds it into Go's build cache.
package s3test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	patience = 20 * time.Second // for the server to start
	rootKey  = "root"
	rootWord = "the root's secret key"
)

// Server is a running server with one bucket, and a user who may use it.
type Server struct {
	URL, Region, Bucket, AccessKeyID, SecretAccessKey string

	t       testing.TB
	program string
	client  *s3.Client // of the root, who may do everything
	dir     string
	stop    func()
}

// built is the path of the server's program. What was built before is found at once.
var built = sync.OnceValues(func() (string, error) {
	_, here, _, _ := runtime.Caller(0)
	out, err := exec.Command("go", "-C", filepath.Join(filepath.Dir(here), "server"), "tool", "-n", "versitygw").Output()
	if failed, ok := err.(*exec.ExitError); ok {
		err = fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
})

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal("s3test: build the server: ", err)
	}
	s := &Server{
		URL: "http://" + freeAddress(t), Region: "us-east-1", Bucket: "parley-test", AccessKeyID: "parley", SecretAccessKey: "parley's secret key",
		t: t, program: program, dir: t.TempDir(),
	}
	s.client = s3.New(s3.Options{
		Region: s.Region, BaseEndpoint: &s.URL, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(rootKey, rootWord, ""),
	})
	for _, folder := range []string{"objects", "users", "metadata"} {
		if err := os.Mkdir(filepath.Join(s.dir, folder), 0o700); err != nil {
			t.Fatal("s3test: ", err)
		}
	}
	s.Run()
	s.admin("create-user", "--access", s.AccessKeyID, "--secret", s.SecretAccessKey, "--role", "user")
	s.do("make the bucket", func(ctx context.Context) error {
		_, err := s.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &s.Bucket})
		return err
	})
	s.Allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
	return s
}

// Run starts the server again after Stop, with what it had.
func (s *Server) Run() {
	s.t.Helper()
	address := strings.TrimPrefix(s.URL, "http://")
	cmd := exec.Command(s.program, "--access", rootKey, "--secret", rootWord, "--region", s.Region, "--port", address, "--quiet",
		"--iam-dir", filepath.Join(s.dir, "users"), "--iam-cache-disable", "posix", "--sidecar", filepath.Join(s.dir, "metadata"), filepath.Join(s.dir, "objects"))
	cmd.Stdout, cmd.Stderr = s.t.Output(), s.t.Output()
	if err := cmd.Start(); err != nil {
		s.t.Fatal("s3test: ", err)
	}
	s.stop = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	s.t.Cleanup(s.stop)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatal("s3test: the server does not start")
		}
	}
}

// Stop kills the server. Its address then refuses connections.
func (s *Server) Stop() { s.stop() }

// Allow lets the user do these things with the bucket's objects, and nothing else.
func (s *Server) Allow(actions ...string) {
	s.t.Helper()
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"AWS": []string{s.AccessKeyID}}, "Action": actions, "Resource": "arn:aws:s3:::" + s.Bucket + "/*",
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.do("set the bucket's policy", func(ctx context.Context) error {
		_, err := s.client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &s.Bucket, Policy: aws.String(string(policy))})
		return err
	})
}

// AllowOrigins gives the bucket a CORS rule.
func (s *Server) AllowOrigins(methods []string, origins ...string) {
	s.t.Helper()
	s.setCORS(types.CORSConfiguration{CORSRules: []types.CORSRule{{AllowedOrigins: origins, AllowedMethods: methods, AllowedHeaders: []string{"*"}}}})
}

// SetCORS gives the bucket the rules of a file, in the form that AWS's command line takes.
func (s *Server) SetCORS(file string) {
	s.t.Helper()
	var rules types.CORSConfiguration
	if err := json.Unmarshal([]byte(file), &rules); err != nil {
		s.t.Fatal("s3test: ", err)
	}
	s.setCORS(rules)
}

func (s *Server) setCORS(rules types.CORSConfiguration) {
	s.t.Helper()
	s.do("set the bucket's CORS rules", func(ctx context.Context) error {
		_, err := s.client.PutBucketCors(ctx, &s3.PutBucketCorsInput{Bucket: &s.Bucket, CORSConfiguration: &rules})
		return err
	})
}

// Keys lists the bucket's objects.
func (s *Server) Keys() (keys []string) {
	s.t.Helper()
	s.do("list the bucket", func(ctx context.Context) error {
		answer, err := s.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &s.Bucket})
		if err == nil {
			for _, object := range answer.Contents {
				keys = append(keys, aws.ToString(object.Key))
			}
		}
		return err
	})
	return keys
}

func (s *Server) do(what string, ask func(context.Context) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := ask(ctx); err != nil {
		s.t.Fatalf("s3test: %s: %v", what, err)
	}
}

func (s *Server) admin(args ...string) {
	s.t.Helper()
	args = append([]string{"admin", "--access", rootKey, "--secret", rootWord, "--endpoint-url", s.URL, "--region", s.Region}, args...)
	if out, err := exec.Command(s.program, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("s3test: %v: %s", err, out)
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal("s3test: ", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
