package sfu

import (
	"sync"
	"time"
)

// ntpEpoch is 1970 in NTP's seconds since 1900.
const ntpEpoch = 2208988800

// fromNTP converts an NTP timestamp to a time since 1970.
func fromNTP(ntp uint64) time.Duration {
	seconds := int64(ntp>>32) - ntpEpoch
	return time.Duration(seconds)*time.Second + time.Duration((ntp&0xffffffff)*uint64(time.Second)>>32)
}

func toNTP(wall time.Duration) uint64 {
	seconds, rest := uint64(wall/time.Second), uint64(wall%time.Second)
	return (seconds+ntpEpoch)<<32 | rest<<32/uint64(time.Second)
}

// senderClock translates a publisher's wall clock to ours, so that everything a subscriber receives is on one clock
// whatever source its slots carry. One publisher's tracks share the translation, which keeps them in step with each
// other exactly; that it follows the clocks' drift slowly is harmless.
type senderClock struct {
	mu      sync.Mutex
	known   bool
	offset  time.Duration // ours = theirs + offset
	window  time.Duration // smallest offset seen in the present window
	begins  time.Duration
	started bool
}

const (
	clockWindow = 15 * time.Second
	clockSlew   = 5 * time.Millisecond // per window
)

// note takes in a sender report that says theirs and came at ours, both wall clock; now is monotonic. The smallest
// difference in a window is the one least delayed on the way.
func (c *senderClock) note(theirs, ours, now time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := ours - theirs
	if !c.known {
		c.offset, c.known = d, true
		c.window, c.begins = d, now
		return
	}
	if off := d - c.offset; off > time.Second || off < -time.Second {
		c.offset, c.window, c.begins = d, d, now // their clock was set
		return
	}
	if !c.started {
		c.offset = min(c.offset, d) // at first every better measurement is believed
	}
	c.window = min(c.window, d)
	if now-c.begins >= clockWindow {
		c.offset += min(max(c.window-c.offset, -clockSlew), clockSlew)
		c.window, c.begins, c.started = d, now, true
	}
}

// toServer translates a time of theirs.
func (c *senderClock) toServer(theirs time.Duration) (ours time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return theirs + c.offset, c.known
}
