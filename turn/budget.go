package turn

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// budget bounds what strangers are answered, so that a forged source address gains an attacker nothing.
//
// Bytes first: an address is never sent more than has come from it. A browser's first Allocate has 28 bytes and the
// answer 56, so the second one, which it sends 250 ms later, is answered. An address that was seen to receive what we
// send it (it has authenticated, or it got its credentials over HTTP) is answered at once. Then answers a second, for
// each address and for all strangers together.
//
// The table has a fixed size and forgets an address when another falls on its place: then that one starts again with
// nothing to its credit.
type budget struct {
	seed       maphash.Seed
	perAddress float64 // answers a second
	total      float64

	shards [budgetShards]budgetShard

	mu       sync.Mutex
	all      float64   // answers left to all strangers; guarded by mu
	refilled time.Time // guarded by mu
}

const (
	budgetShards = 64
	budgetSlots  = 256 // a shard
	creditMax    = 1500
)

type budgetShard struct {
	mu    sync.Mutex
	slots [budgetSlots]budgetSlot // guarded by mu
}

type budgetSlot struct {
	address netip.Addr
	known   bool // it was seen to receive
	credit  int  // bytes
	answers float64
	at      time.Time
}

// verdict on an answer to a stranger.
type verdict int

const (
	answerIt verdict = iota
	tooLarge
	tooMany
)

func newBudget(perAddress, total int) *budget {
	return &budget{seed: maphash.MakeSeed(), perAddress: float64(perAddress), total: float64(total), all: float64(total)}
}

// network is what counts as one address: in IPv6 a subscriber has a /64.
func network(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is4() {
		return a
	}
	p, _ := a.Prefix(64) // of an address without zone there is one
	return p.Addr()
}

// slotLocked finds the address's place, with the shard's lock held; the caller unlocks.
func (b *budget) slotLocked(a netip.Addr, now time.Time) (*budgetShard, *budgetSlot) {
	a = network(a)
	h := maphash.Comparable(b.seed, a)
	shard := &b.shards[h%budgetShards]
	shard.mu.Lock()
	slot := &shard.slots[h/budgetShards%budgetSlots]
	if slot.address != a {
		*slot = budgetSlot{address: a, answers: b.perAddress, at: now}
	}
	return shard, slot
}

// ask takes an answer of out bytes to a request of in bytes from the budget, if it allows it.
func (b *budget) ask(a netip.Addr, in, out int, now time.Time) verdict {
	shard, slot := b.slotLocked(a, now)
	defer shard.mu.Unlock()
	slot.credit = min(slot.credit+in, creditMax)
	slot.answers = min(slot.answers+b.perAddress*now.Sub(slot.at).Seconds(), b.perAddress)
	slot.at = now
	switch {
	case slot.credit < out && !slot.known:
		return tooLarge
	case slot.answers < 1, !slot.known && !b.takeOne(now):
		return tooMany
	}
	slot.answers--
	slot.credit = max(slot.credit-out, 0)
	return answerIt
}

// takeOne is of the answers to all strangers.
func (b *budget) takeOne(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = min(b.all+b.total*now.Sub(b.refilled).Seconds(), b.total)
	b.refilled = now
	if b.all < 1 {
		return false
	}
	b.all--
	return true
}

// know says that what is sent to the address arrives.
func (b *budget) know(a netip.Addr, now time.Time) {
	shard, slot := b.slotLocked(a, now)
	slot.known = true
	shard.mu.Unlock()
}
