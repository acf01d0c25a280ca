package rate

import (
	"context"
	"time"
)

// Shared are buckets that several nodes share.
type Shared interface {
	// Take takes a token out of a key's bucket. When there is none, it takes nothing and says when there will be one. An
	// error says that the other nodes cannot be asked: then each counts by itself.
	Take(ctx context.Context, key string, limit Limit) (wait time.Duration, err error)
}
