package signaling

import (
	"github.com/digierapro/parley/internal/fault"
)

// connectionTestPart is connection tests.
var connectionTestPart = part{
	paths: []restPath{
		{"POST /api/connection-test", "A private room in which one's own connection is measured: an offer of the kind `publish` (its sections send), one of the kind `play` (its sections receive what is published), or both, each answered. A user has one at a time; it ends after 20 s or when it is deleted. Nobody is rung and nothing is recorded.", (*Server).postConnectionTest},
		{"DELETE /api/connection-test/{id}", "Ends it.", (*Server).deleteConnectionTest},
	},
	errors: []errorRow{
		{"test_not_found", fault.NotFound, "There is no such connection test, or it has ended."},
		{"bad_test", fault.Invalid, "A connection test has one or two offers, of the kinds `publish` and `play`, each once."},
		{"too_many_tests", fault.RateLimited, "A user may start 20 connection tests in a row, and then one every 10 s."},
		{"tests_full", fault.Unavailable, "The server has as many connection tests as it takes at once."},
	},
}
