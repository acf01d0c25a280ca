package turn

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Quota bounds what a user, or an address, can take of the relay. The zero value of a field means its default.
type Quota struct {
	UserAllocations    int // allocations at once: 12
	AddressAllocations int // 400: an office behind one address
	UserBandwidth      int // bytes a second, both ways together: 5,000,000
	AddressBandwidth   int // 100,000,000
}

func (q Quota) withDefaults() Quota {
	for _, d := range []struct {
		value *int
		def   int
	}{
		{&q.UserAllocations, 12},
		{&q.AddressAllocations, 400},
		{&q.UserBandwidth, 5_000_000},
		{&q.AddressBandwidth, 100_000_000},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	return q
}

// accounts are of those who have allocations now.
type accounts struct {
	quota Quota

	mu        sync.Mutex
	users     map[string]*account     // by tag; guarded by mu
	addresses map[netip.Addr]*account // guarded by mu
}

// account is one user's, or one address's.
type account struct {
	allocations int // guarded by accounts.mu
	bytes       bucket
}

func newAccounts(q Quota) *accounts {
	return &accounts{quota: q.withDefaults(), users: make(map[string]*account), addresses: make(map[netip.Addr]*account)}
}

// has tells whether there is room for one more allocation.
func (a *accounts) has(user string, address netip.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	u, n := a.users[user], a.addresses[network(address)]
	return (u == nil || u.allocations < a.quota.UserAllocations) &&
		(n == nil || n.allocations < a.quota.AddressAllocations)
}

// open takes one allocation for the user at the address.
func (a *accounts) open(user string, address netip.Addr) (u, n *account) {
	address = network(address)
	a.mu.Lock()
	defer a.mu.Unlock()
	if u = a.users[user]; u == nil {
		u = &account{bytes: newBucket(a.quota.UserBandwidth)}
		a.users[user] = u
	}
	if n = a.addresses[address]; n == nil {
		n = &account{bytes: newBucket(a.quota.AddressBandwidth)}
		a.addresses[address] = n
	}
	u.allocations++
	n.allocations++
	return u, n
}

// close gives it back.
func (a *accounts) close(user string, address netip.Addr) {
	address = network(address)
	a.mu.Lock()
	defer a.mu.Unlock()
	if u := a.users[user]; u != nil {
		if u.allocations--; u.allocations == 0 {
			delete(a.users, user)
		}
	}
	if n := a.addresses[address]; n != nil {
		if n.allocations--; n.allocations == 0 {
			delete(a.addresses, address)
		}
	}
}

// bucket holds one second's bytes. It needs no lock: full is when it will be full again, in nanoseconds.
type bucket struct {
	perByte float64 // nanoseconds
	full    atomic.Int64
}

func newBucket(bytesPerSecond int) bucket { return bucket{perByte: 1e9 / float64(bytesPerSecond)} }

// take takes n bytes, or none.
func (b *bucket) take(n int, now time.Time) bool {
	at := now.UnixNano()
	for {
		old := b.full.Load()
		full := max(old, at) + int64(float64(n)*b.perByte)
		if full-at > int64(time.Second) {
			return false
		}
		if b.full.CompareAndSwap(old, full) {
			return true
		}
	}
}
