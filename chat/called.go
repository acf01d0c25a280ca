package chat

import (
	"sync"
	"time"
)

// called remembers who notified a whole channel, and when last.
type called struct {
	mu   sync.Mutex
	last map[calledKey]calling // guarded by mu
}

type calledKey struct{ userID, channelID string }

// calling is one time that somebody did. The same message sent again is the same time.
type calling struct {
	at       time.Time
	clientID string
}

const maxCalled = 10_000

// take notes that a user notifies a channel now; it returns how long they have to wait if they may not yet.
func (c *called) take(key calledKey, clientID string, now time.Time) (wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, known := c.last[key]
	if since := now.Sub(last.at); known && since < channelMentionGap {
		if clientID != "" && clientID == last.clientID {
			return 0
		}
		return channelMentionGap - since
	}
	if len(c.last) >= maxCalled {
		for k, old := range c.last {
			if now.Sub(old.at) >= channelMentionGap {
				delete(c.last, k)
			}
		}
	}
	if c.last == nil || len(c.last) >= maxCalled {
		c.last = make(map[calledKey]calling)
	}
	c.last[key] = calling{now, clientID}
	return 0
}
