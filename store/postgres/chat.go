package postgres

import "github.com/digierapro/parley/chat"

// ChatStore keeps channels and messages. Its methods are in the files of their nouns.
type ChatStore struct{ db *DB }

var _ chat.Store = (*ChatStore)(nil)

// Bounds of what one call reads, whatever its caller asks for.
const (
	maxChannels    = 5000  // of one user
	maxUsers       = 200   // found by a search
	maxMembers     = 10000 // of a channel
	maxHistory     = 200   // messages a page
	maxChanges     = 5000  // of all channels together
	maxSyncCursors = 5000  // channels a sync
	maxCallRecords = 100   // a page
)

// bounded returns n, or what is nearest to it between 1 and limit.
func bounded(n, limit int) int { return max(1, min(n, limit)) }
