package doctor

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/store/blob"
)

// largeBucketSkew is half of what a link is good for. S3 itself bears 15 minutes.
const largeBucketSkew = blob.LinkTTL / 2

// bucketChecks are of the bucket that files are kept in.
func bucketChecks(cfg *configs.Config) []Check {
	checks := []Check{{Name: "blobs", Timeout: 20 * time.Second, Run: func(ctx context.Context) Finding {
		return withBucket(ctx, cfg.Blobs.S3, func(s *blob.S3) Finding { return judgeBucket(cfg.Blobs.S3, s.Inspect(ctx)) })
	}}}
	if origins := pageOrigins(cfg.Server); len(origins) > 0 {
		checks = append(checks, Check{Name: "blobs CORS", Timeout: 20 * time.Second, Run: func(ctx context.Context) Finding {
			return withBucket(ctx, cfg.Blobs.S3, func(s *blob.S3) Finding { return tryOrigins(ctx, s, cfg.Blobs.S3, origins) })
		}})
	}
	return checks
}

func withBucket(ctx context.Context, cfg configs.S3, look func(*blob.S3) Finding) Finding {
	s, err := blob.OpenS3(ctx, blob.S3Config(cfg))
	if err != nil {
		return fail("What this machine says of AWS cannot be read: %s. Correct it (AWS_… in the environment, ~/.aws).", reason(err))
	}
	defer func() { _ = s.Close() }()
	return look(s)
}

func judgeBucket(cfg configs.S3, found blob.Inspection) Finding {
	const server = "the bucket's server"
	switch {
	case found.Step != "":
		return fail("Parley cannot %s objects in the bucket %s: %s.", found.Step, cfg.Bucket, blob.Explain(found.Err))
	case found.Skew.Abs() > largeBucketSkew:
		return fail("This machine's clock is %s, so links to files end too soon or too late. %s.", offFrom(found.Skew, server), clockAdvice)
	case found.Skew.Abs() > smallSkew:
		return warn("This machine's clock is %s. %s.", offFrom(found.Skew, server), clockAdvice)
	}
	return fine("the bucket %s takes, gives and deletes objects, and its clock agrees", cfg.Bucket)
}

// pageOrigins are those whose pages use the server.
func pageOrigins(cfg configs.Server) []string {
	origins := slices.Clone(cfg.AllowedOrigins)
	if public := strings.ToLower(cfg.PublicURL); public != "" && !slices.Contains(origins, public) {
		origins = append(origins, public)
	}
	return origins
}

// tryOrigins asks the bucket what browsers ask it before they let a page.
func tryOrigins(ctx context.Context, s *blob.S3, cfg configs.S3, origins []string) Finding {
	for _, origin := range origins {
		for _, method := range []string{http.MethodPut, http.MethodGet} {
			refusal, err := s.Preflight(ctx, origin, method)
			if err != nil {
				return fail("The bucket %s does not answer what browsers ask first: %s.", cfg.Bucket, blob.Explain(err))
			}
			if refusal != "" {
				return fail("Browsers do not let pages of %s %s objects of the bucket %s: they ask first, and %s. Put this into cors.json: %s and run `%s`.",
					origin, map[string]string{http.MethodPut: "write", http.MethodGet: "read"}[method], cfg.Bucket, refusal, corsRule(origins), corsCommand(cfg))
			}
		}
	}
	return fine("browsers let pages of %s use the bucket", strings.Join(origins, ", "))
}

// corsRule is what a bucket needs, as the command takes it.
func corsRule(origins []string) string {
	type rule struct{ AllowedOrigins, AllowedMethods, AllowedHeaders, ExposeHeaders []string }
	text, err := json.Marshal(struct{ CORSRules []rule }{[]rule{{origins, []string{"GET", "PUT"}, []string{"*"}, []string{"ETag"}}}})
	if err != nil {
		return "" // texts can always be written down
	}
	return string(text)
}

func corsCommand(cfg configs.S3) string {
	command := "aws s3api put-bucket-cors --bucket " + cfg.Bucket + " --cors-configuration file://cors.json"
	if cfg.Endpoint != "" {
		command += " --endpoint-url " + cfg.Endpoint
	}
	return command
}
