package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/testkit/s3test"
)

// bucketFlags have a server keep files in the bucket.
func bucketFlags(s *s3test.Server) []string {
	return []string{
		"--blobs.s3.bucket", s.Bucket, "--blobs.s3.endpoint", s.URL, "--blobs.s3.prefix", "parley", "--blobs.s3.pathStyle=true",
		"--blobs.s3.accessKeyId", s.AccessKeyID, "--blobs.s3.secretAccessKey", s.SecretAccessKey,
	}
}

func TestFilesAreInAFolderWithoutAnyCeremony(t *testing.T) {
	dir := dataFolder(t)
	p := startServer(t, dir)
	eventually(t, "all is UP", func() bool { return p.health() == "UP" })
	if n := p.metric("parley_blobs_up"); n != 1 {
		t.Errorf("parley_blobs_up %v", n)
	}
	if info, err := os.Stat(filepath.Join(dir, "blobs")); err != nil || !info.IsDir() {
		t.Errorf("no folder: %v", err)
	}
	if status, body := p.get("/api/blobs/pictures/x.png?expires=9999999999&type=image/png&signature=x", ""); status != http.StatusNotFound || !strings.Contains(body, "This link") {
		t.Errorf("a forged link: %d %s", status, body)
	}
}

func TestFilesAreInABucket(t *testing.T) {
	s := s3test.Start(t)
	p := startServer(t, dataFolder(t), bucketFlags(s)...)
	eventually(t, "all is UP", func() bool { return p.health() == "UP" })
	if keys := s.Keys(); len(keys) != 1 || !strings.HasPrefix(keys[0], "parley/") {
		t.Errorf("%v", keys)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "blob: "+s.URL+";") {
		t.Errorf("the page may not show the bucket's pictures: %s", policy)
	}
}

func TestWhereThePagesPicturesComeFrom(t *testing.T) {
	for want, s3 := range map[string]configs.S3{
		"":                             {Bucket: "files"},
		" ":                            {Bucket: "files", Endpoint: "https://s3.example"},
		"http://s3.example:9000":       {Bucket: "files", Endpoint: "http://s3.example:9000", PathStyle: true},
		"http://files.s3.example:9000": {Bucket: "files", Endpoint: "http://s3.example:9000"},
	} {
		got := pictureOrigins(&configs.Config{Blobs: configs.Blobs{S3: s3}})
		if strings.Join(got, " ") != strings.TrimSpace(want) {
			t.Errorf("%+v: %v", s3, got)
		}
	}
}

// A bucket that cannot be reached degrades the server and stops nothing, not even the start.
func TestABucketThatIsAwayHurtsNothingElse(t *testing.T) {
	s := s3test.Start(t)
	s.Stop()
	p := startServer(t, dataFolder(t), bucketFlags(s)...)
	p.says("blobs cannot be reached")
	if health := p.health(); health != "DEGRADED" {
		t.Errorf("health is %s", health)
	}
	if n := p.metric("parley_blobs_up"); n != 0 {
		t.Errorf("parley_blobs_up %v", n)
	}
	alice := p.connect("alice")
	if err := alice.Request(within(t), "sendMessage", map[string]any{"channelId": p.general("alice"), "message": "hello"}, nil); err != nil {
		t.Errorf("send: %v", err)
	}
	p.startCall("alice", p.general("alice"))
	if log := p.log.String(); strings.Contains(log, s.SecretAccessKey) || strings.Contains(log, "Signature") {
		t.Error("the log tells secrets")
	}
}

func TestAFolderThatCannotBeMadeStopsTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := spawn(t, nil, "--listen", "127.0.0.1:0", "--data-dir", dataFolder(t), "--blobs.dir", filepath.Join(file, "blobs"))
	if code := p.exits(); code != 1 || !strings.Contains(p.log.String(), "parley: blobs.dir: the folder for files cannot be used: ") {
		t.Errorf("exit code %d", code)
	}
}
