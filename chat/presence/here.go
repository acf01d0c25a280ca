package presence

import (
	"context"
	"iter"
	"time"
)

// Here is what one node knows of a user's devices.
type Here struct {
	Devices int       `json:"devices"`
	Used    time.Time `json:"used"` // the last input on any of them
	Gone    time.Time `json:"gone"` // since when there are none; zero while there are some
	At      time.Time `json:"at"`   // when it was so

	heard time.Time // when we heard it, of another node
}

// Remote is how the nodes of a Parley know of devices on each other.
type Remote interface {
	// Node is the name of this node.
	Node() string
	// Share tells other nodes of devices on this one; it holds for RemoteTime.
	Share(ctx context.Context, here map[string]Here) error
	// Others gives what other nodes have shared of users, by user and node.
	Others(ctx context.Context, userIDs []string) (map[string]map[string]Here, error)
}

// RemoteTime is how long a node is believed that says nothing more. Nodes that live say it again well before that.
const RemoteTime = 90 * time.Second

// same tells whether two say the same, whenever they do.
func (h Here) same(other Here) bool {
	return h.Devices == other.Devices && h.Used.Equal(other.Used) && h.Gone.Equal(other.Gone)
}

// present: a user has a device there, or had one just now.
func (h Here) present(now time.Time) bool {
	return h.Devices > 0 || !h.Gone.IsZero() && now.Sub(h.Gone) < offlineAfter
}

// here sums up the devices on this node.
func (u *user) here() Here {
	h := Here{Devices: len(u.devices), Gone: u.gone}
	for _, d := range u.devices {
		if d.used.After(h.Used) {
			h.Used = d.used
		}
	}
	return h
}

// everywhere is what this node and the others know. It is no list, since it is gone through for everybody every two seconds.
func (u *user) everywhere() iter.Seq[Here] {
	return func(yield func(Here) bool) {
		if !yield(u.here()) {
			return
		}
		for _, h := range u.remote {
			if !yield(h) {
				return
			}
		}
	}
}
