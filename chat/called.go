package chat

import (
	"context"
	"sync"
	"time"

	"github.com/digierapro/parley/internal/rate"
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

// calledTime is how long anybody waits for what other nodes have counted.
const calledTime = 50 * time.Millisecond

// callEveryone notes that a user notifies a channel now, here and on all nodes; it returns how long they have to wait if they
// may not yet. When the others cannot be asked, each node counts by itself.
func (s *Service) callEveryone(ctx context.Context, key calledKey, clientID string) (wait time.Duration) {
	wait, again := s.called.take(key, clientID, s.now())
	if wait > 0 || again || s.shared == nil {
		return wait
	}
	asking, cancel := context.WithTimeout(ctx, calledTime)
	defer cancel()
	wait, err := s.shared.Take(asking, "everyone:"+key.channelID+":"+key.userID, rate.Every(channelMentionGap, 1))
	if err != nil || wait <= 0 {
		return 0
	}
	s.called.forget(key)
	return wait
}

func (c *called) forget(key calledKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.last, key)
}

// take notes that a user notifies a channel now; it returns how long they have to wait if they may not yet, and whether this
// is a time that was noted.
func (c *called) take(key calledKey, clientID string, now time.Time) (wait time.Duration, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, known := c.last[key]
	if since := now.Sub(last.at); known && since < channelMentionGap {
		if clientID != "" && clientID == last.clientID {
			return 0, true
		}
		return channelMentionGap - since, false
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
	return 0, false
}
