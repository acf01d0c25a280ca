package chat

import "sync"

// untold remembers sends of which it is not known whether they were written: the store did not answer in time. When such
// a send comes again and turns out to have been written, nobody has been told of it yet.
type untold struct {
	mu   sync.Mutex
	sent map[sendKey]struct{} // guarded by mu
}

type sendKey struct{ senderID, clientID string }

// maxUntold bounds what an outage can make us remember. What is forgotten is still found by every client's next sync.
const maxUntold = 10_000

func (u *untold) note(k sendKey) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sent == nil || len(u.sent) >= maxUntold {
		u.sent = make(map[sendKey]struct{})
	}
	u.sent[k] = struct{}{}
}

// take reports whether the send was noted, and forgets it.
func (u *untold) take(k sendKey) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, noted := u.sent[k]
	delete(u.sent, k)
	return noted
}
