package transport

import (
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"github.com/digierapro/parley/sfu/bwe"
)

// inbound is what workers keep of one client. A client's packets mostly come to one worker; when its address changes
// they may come to another, so whoever handles one holds mu.
type inbound struct {
	mu      sync.Mutex
	streams map[uint32]*inboundStream // those that have sent something authentic
	senders map[uint32]struct{}       // SSRCs that authentic RTCP came from; pion/srtp keeps a window for each
	rate    bucket                    // of all that was authentic
	packets bucket                    // of the RTP in it, whose packets all count the same
	control bucket                    // of the RTCP in it
	batch   *Batch                    // of the worker that handles a packet
}

// inboundStream is one RTP stream of a client.
type inboundStream struct {
	window indexWindow
	rate   bucket
}

// Batch is for what the client's packet that is being handled has others sent: only for the time and from within of one
// call of HandleRTP or HandleRTCP. What is given to it in Packet.Batch leaves soon after the call.
func (c *Conn) Batch() *Batch { return c.inbound.batch }

// receiveMedia tells RTP from RTCP. RFC 5761 section 4: by the packet type, 192 to 223 is RTCP.
func (c *Conn) receiveMedia(w *worker, p *path, data []byte) {
	if len(data) < 8 {
		c.l.counters.drop(dropRTPMalformed)
		return
	}
	c.inbound.mu.Lock()
	defer c.inbound.mu.Unlock()
	keys := c.keysForMedia()
	if keys == nil {
		return
	}
	// What is above the rate costs no decryption. Only what was authentic is charged, so that nobody else can use up a
	// client's rate by forging its address.
	if !c.inbound.rate.room(c.l.cfg.Limits.InboundBitrate, w.now) {
		c.l.counters.drop(dropRate)
		return
	}
	c.inbound.batch = w.batch
	if data[1] >= 192 && data[1] < 224 {
		c.receiveRTCP(p, keys, data, w.now)
	} else {
		c.receiveRTP(p, keys, data, w.now)
	}
	c.inbound.batch = nil
}

// receiveRTP opens one packet in place and hands it on.
func (c *Conn) receiveRTP(p *path, keys *inboundKeys, data []byte, now time.Time) {
	header, ok := headerSize(data)
	if !ok {
		c.l.counters.drop(dropRTPMalformed)
		return
	}
	if !c.inbound.packets.room(8*smallestCharge*c.l.cfg.Limits.InboundPackets, now) {
		c.l.counters.drop(dropPacketRate)
		return
	}
	ssrc := binary.BigEndian.Uint32(data[8:])
	stream := c.inbound.streams[ssrc]
	known := stream != nil
	if !known {
		if len(c.inbound.streams) >= c.l.cfg.Limits.InboundSSRCs {
			c.l.counters.drop(dropTooManySSRCs)
			return
		}
		stream = &inboundStream{}
	}
	if !stream.rate.room(c.l.cfg.Limits.StreamBitrate, now) {
		c.l.counters.drop(dropStreamRate)
		return
	}
	size := len(data)
	packet, err := keys.openRTP(data, header, ssrc, binary.BigEndian.Uint16(data[2:]), &stream.window)
	if err != nil {
		c.l.counters.drop(openFailure(err, dropRTPAuth, dropRTPMalformed))
		return
	}
	if !known {
		c.inbound.streams[ssrc] = stream
	}
	stream.rate.charge(size)
	c.inbound.rate.charge(size)
	c.inbound.packets.charge(smallestCharge)
	c.heardFrom(p, now)
	if id := c.extensions.Load().TransportCC; id != 0 {
		if ext := findExtension(packet[:header], id); len(ext) == 2 {
			c.feedback.record(ssrc, binary.BigEndian.Uint16(ext), now)
		}
	}
	c.handler.HandleRTP(packet, now)
}

// receiveRTCP opens one compound packet in place, takes out what is the transport's own, and hands on the rest.
func (c *Conn) receiveRTCP(p *path, keys *inboundKeys, data []byte, now time.Time) {
	if !c.inbound.control.room(c.l.cfg.Limits.ControlBitrate, now) {
		c.l.counters.drop(dropControlRate)
		return
	}
	sender := binary.BigEndian.Uint32(data[4:])
	if _, known := c.inbound.senders[sender]; !known && len(c.inbound.senders) >= c.l.cfg.Limits.InboundSSRCs {
		c.l.counters.drop(dropTooManySSRCs)
		return
	}
	packet, err := keys.openRTCP(data)
	if err != nil {
		c.l.counters.drop(openFailure(err, dropRTCPAuth, dropRTCPMalformed))
		return
	}
	c.inbound.senders[sender] = struct{}{}
	c.inbound.rate.charge(len(data))
	c.inbound.control.charge(len(data))
	c.heardFrom(p, now)
	rest, feedback, ok := takeFeedback(packet, func(own []byte) { c.reported(own, now) })
	if feedback > 0 {
		c.l.counters.feedbackIn.Add(uint64(feedback))
	}
	if !ok {
		c.l.counters.drop(dropRTCPMalformed)
		return
	}
	if len(rest) > 0 {
		c.handler.HandleRTCP(rest, now)
	}
}

// keysForMedia is nil, and the packet counted, when there is nobody to hand media to.
func (c *Conn) keysForMedia() *inboundKeys {
	keys := c.keys.Load()
	if keys == nil {
		c.l.counters.drop(dropEarly)
		return nil
	}
	if c.State() >= Failed {
		return nil
	}
	return keys
}

// openFailure tells why a packet did not open: it is not the client's, it came before, or it does not parse.
func openFailure(err error, auth, malformed dropReason) dropReason {
	switch {
	case errors.Is(err, errNotTheirs):
		return auth
	case errors.Is(err, errReplayed):
		return dropReplay
	}
	return malformed
}

// takeFeedback walks a compound packet, hands what is the transport's own (transport-wide feedback and REMB) to take, and
// moves the rest together over it. It returns the number of the transport's own. ok is false when the lengths do not add
// up.
func takeFeedback(packet []byte, take func(own []byte)) (rest []byte, feedback int, ok bool) {
	kept := 0
	for at := 0; at < len(packet); {
		if len(packet)-at < 4 || packet[at]>>6 != 2 {
			return nil, feedback, false
		}
		n := 4 * (int(binary.BigEndian.Uint16(packet[at+2:])) + 1)
		if n > len(packet)-at {
			return nil, feedback, false
		}
		if own := packet[at : at+n]; bwe.IsFeedback(own) || isREMB(own) {
			take(own)
			feedback++
		} else {
			kept += copy(packet[kept:], packet[at:at+n])
		}
		at += n
	}
	return packet[:kept], feedback, true
}
