package signaling

import "github.com/digierapro/parley/internal/fault"

// blobPart is files, wherever they are kept.
var blobPart = part{
	errors: []errorRow{
		{"blob_not_found", fault.NotFound, "There is no such file (any more)."},
		{"blobs_unavailable", fault.Unavailable, "Files cannot be reached right now: again after `retryAfterMs`. All else goes on."},
	},
}
