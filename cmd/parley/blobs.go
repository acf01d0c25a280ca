package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/obs"
	"github.com/digierapro/parley/signaling"
	"github.com/digierapro/parley/store/blob"
)

// blobStore is a folder or a bucket.
type blobStore interface {
	Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	Delete(ctx context.Context, key string) error
	Link(ctx context.Context, key, contentType, name string) (string, error)
	Check(ctx context.Context) error
	Close() error
}

// blobs are the files of the server.
type blobs struct {
	blobStore
	watch  *blob.Watch
	served http.Handler // of a folder's links; nil for a bucket, which browsers ask themselves
}

// openBlobs opens what the configuration names. Only a folder that cannot be made stops the start.
func openBlobs(ctx context.Context, cfg *configs.Config, log *slog.Logger) (*blobs, error) {
	if cfg.Blobs.S3.Enabled() {
		s3, err := blob.OpenS3(ctx, blob.S3Config(cfg.Blobs.S3))
		if err != nil {
			return nil, fmt.Errorf("blobs.s3: %w", err)
		}
		return &blobs{blobStore: s3, watch: blob.NewWatch(s3.Check, log)}, nil
	}
	folder, err := blob.OpenFolder(cfg.Blobs.Dir, signaling.BlobPath)
	if err != nil {
		return nil, fmt.Errorf("blobs.dir: the folder for files cannot be used: %w", err)
	}
	return &blobs{blobStore: folder, watch: blob.NewWatch(folder.Check, log), served: folder}, nil
}

// pictureOrigins are those beside our own and any https one that the page's pictures may come from.
func pictureOrigins(cfg *configs.Config) []string {
	s3 := cfg.Blobs.S3
	host, plain := strings.CutPrefix(s3.Endpoint, "http://")
	switch {
	case !plain:
		return nil
	case s3.PathStyle:
		return []string{s3.Endpoint}
	}
	return []string{"http://" + s3.Bucket + "." + host}
}

func (b *blobs) register(m *obs.Metrics) {
	obs.Register(m, b.watch.Up, obs.Gauge("parley_blobs_up", "1 while files can be kept: in the folder, or in the bucket.", func(up bool) float64 {
		if up {
			return 1
		}
		return 0
	}))
}
