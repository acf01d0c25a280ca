package transport

import (
	"encoding/binary"
	"time"

	"github.com/digierapro/parley/sfu/bwe"
)

// datagramOverhead is what IP and UDP add to what we send.
const datagramOverhead = 28

// initialBitrate is what a client is trusted to receive before it has reported anything: two pictures of middle size. A
// slower way is noticed within its first second.
const initialBitrate = 2_000_000

// way is what is known of the way to the client; part of outbound and guarded by its mu.
type way struct {
	controller *bwe.Controller
	epoch      time.Time // zero of the controller's times
	silent     bool      // reports are overdue
}

func newWay() way {
	return way{controller: bwe.NewController(bwe.Config{Initial: initialBitrate}), epoch: time.Now()}
}

// sentLocked notes a packet on its way out; numbered when it carries the transport-wide number seq.
func (w *way) sentLocked(p *Packet, seq uint16, numbered bool, size int, now time.Time) {
	at := now.Sub(w.epoch)
	switch {
	case !numbered:
		w.controller.SentUnnumbered(size+datagramOverhead, at)
	case p.Probe:
		w.controller.Sent(seq, size+datagramOverhead, bwe.Padding, at)
	case p.Repair:
		w.controller.Sent(seq, size+datagramOverhead, bwe.Retransmission, at)
	default:
		w.controller.Sent(seq, size+datagramOverhead, bwe.Media, at)
	}
}

// Bandwidth lets time pass for the estimate and returns what the client can receive, in bits per second of datagrams.
// Call it every 20 to 100 ms.
func (c *Conn) Bandwidth() int {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Since(o.way.epoch)
	o.way.controller.Process(now)
	if silent := o.way.controller.Silent(now); silent != o.way.silent {
		o.way.silent = silent
		if silent {
			c.l.counters.silences.Add(1)
		}
	}
	c.hold(o.way.controller.Holding(now))
	return o.way.controller.Estimate()
}

// Held tells, at the cost of reading a flag, that a queue seems to build up on the way to the client: video that can wait
// for a few tenths of a second is not to be sent now.
func (c *Conn) Held() bool { return c.held.Load() }

// hold sets what Held tells.
func (c *Conn) hold(held bool) {
	if c.held.Swap(held) != held && held {
		c.l.counters.holds.Add(1)
	}
}

// SetGoal says what more would be used for, in bits per second: the next step, and all that is wanted; 0 for nothing.
// The estimate probes for it.
func (c *Conn) SetGoal(next, full int) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.out.way.controller.SetGoal(next, full)
}

// Padding is how many bytes a probe needs now beside the media, to be sent as packets that are marked Probe.
func (c *Conn) Padding() int {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.way.controller.Probing() {
		return 0
	}
	n, _ := o.way.controller.PaddingNow(time.Since(o.way.epoch))
	return n
}

// ReceptionReport takes in the share of packets that the client's receiver reports say were lost, and the round trip. It
// counts only for a client that sends no transport-wide feedback.
func (c *Conn) ReceptionReport(lost float64, rtt time.Duration) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.way.controller.ReceptionReport(lost, rtt, time.Since(o.way.epoch))
}

// reported takes in one RTCP packet that is the estimate's: transport-wide feedback or REMB.
func (c *Conn) reported(packet []byte, now time.Time) {
	o := &c.out
	o.mu.Lock()
	defer o.mu.Unlock()
	at := now.Sub(o.way.epoch)
	if bps, ok := parseREMB(packet); ok {
		o.way.controller.REMB(bps, at)
		return
	}
	if o.way.controller.Feedback(packet, at) != nil {
		c.l.counters.drop(dropFeedback)
	}
	c.hold(o.way.controller.Holding(at))
}

const (
	rtcpPayloadFeedback = 206
	formatALFB          = 15 // application layer feedback, of which REMB is one
	rembSize            = 20 // up to the first SSRC
)

// parseREMB reads a receiver's estimated maximum bitrate (draft-alvestrand-rmcat-remb-03 section 2.2).
func parseREMB(b []byte) (bps int, ok bool) {
	if !isREMB(b) {
		return 0, false
	}
	exponent := b[17] >> 2
	mantissa := uint64(b[17]&3)<<16 | uint64(binary.BigEndian.Uint16(b[18:]))
	if exponent > 30 {
		return 1 << 48, true // more than there is
	}
	return int(mantissa << exponent), true
}

func isREMB(b []byte) bool {
	return len(b) >= rembSize && b[1] == rtcpPayloadFeedback && b[0]&0x1f == formatALFB && string(b[12:16]) == "REMB"
}
