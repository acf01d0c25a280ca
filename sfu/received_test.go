package sfu_test

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/sfu"
	"github.com/digierapro/parley/sfu/codec"
)

// received is one packet, as it came out of the client's own stack.
type received struct {
	header rtp.Header
	desc   codec.Description
	size   int
}

// read records what arrives in a slot.
func (b *browser) read(track *webrtc.TrackRemote, r *webrtc.RTPReceiver) {
	mid := ""
	for _, tr := range b.pc.GetTransceivers() {
		if tr.Receiver() == r {
			mid = tr.Mid()
		}
	}
	b.wg.Go(func() { // reading is what lets pion's interceptors see the sender reports
		for {
			if _, _, err := r.ReadRTCP(); err != nil {
				return
			}
		}
	})
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		rec := received{header: p.Header, size: len(p.Payload)}
		if track.Kind() == webrtc.RTPCodecTypeVideo {
			rec.desc, _ = codec.Describe(codec.VP8, p.Payload)
		}
		b.mu.Lock()
		b.received[mid] = append(b.received[mid], rec)
		b.mu.Unlock()
	}
}

// midOf is the slot that carries a participant's source; "" when none does.
func (b *browser) midOf(peer string, source sfu.Source) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.slots {
		if s.PeerID == peer && s.Source == source {
			return s.Mid
		}
	}
	return ""
}

// packets is a copy of what a slot has received so far.
func (b *browser) packets(mid string) []received {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.received[mid])
}

// lastWidth is the width of the last key frame in a slot.
func (b *browser) lastWidth(mid string) int {
	all := b.packets(mid)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].desc.Width > 0 {
			return int(all[i].desc.Width)
		}
	}
	return 0
}

// continuous checks a slot's video: in the order of their numbers the packets make one stream without a hole (but for
// the last moments), in which time and picture ids go on frame by frame.
func (b *browser) continuous(mid string) error { return continuous(mid, b.packets(mid)) }

// lastWhole checks the last n packets.
func (b *browser) lastWhole(mid string, n int) error {
	all := inOrder(b.packets(mid))
	if len(all) < n {
		return fmt.Errorf("slot %s received only %d packets", mid, len(all))
	}
	return continuous(mid, all[len(all)-n:])
}

func continuous(mid string, all []received) error {
	if len(all) == 0 {
		return fmt.Errorf("slot %s received nothing", mid)
	}
	all = inOrder(all)
	for i := 1; i < len(all)-30; i++ {
		p, q := all[i-1], all[i]
		frames := int16((q.desc.VP8.PictureID-p.desc.VP8.PictureID)<<1) >> 1
		step := int32(q.header.Timestamp - p.header.Timestamp)
		switch {
		case q.header.SequenceNumber != p.header.SequenceNumber+1:
			return fmt.Errorf("slot %s: number %d after %d (packet %d of %d)", mid, q.header.SequenceNumber, p.header.SequenceNumber, i, len(all))
		case frames < 0 || frames > 1 || step < 0 || (step == 0) != (frames == 0):
			return fmt.Errorf("slot %s: picture id steps by %d, time by %d (packet %d of %d)", mid, frames, step, i, len(all))
		}
	}
	return nil
}

// inOrder sorts packets by their numbers, each once.
func inOrder(all []received) []received {
	if len(all) == 0 {
		return nil
	}
	first := all[0].header.SequenceNumber
	slices.SortStableFunc(all, func(x, y received) int {
		return cmp.Compare(int16(x.header.SequenceNumber-first), int16(y.header.SequenceNumber-first))
	})
	return slices.CompactFunc(all, func(x, y received) bool { return x.header.SequenceNumber == y.header.SequenceNumber })
}
