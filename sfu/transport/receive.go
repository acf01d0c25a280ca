package transport

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// inbound is what the read loop keeps of one client.
type inbound struct {
	ssrcs  map[uint32]struct{} // streams that have sent something authentic
	header rtp.Header
	rtcp   rtcp.Header
}

// receiveRTP opens one packet in place and hands it on.
func (c *Conn) receiveRTP(data []byte, now time.Time) {
	keys := c.keysForMedia()
	if keys == nil {
		return
	}
	if len(data) < 12 {
		c.l.counters.drop(dropRTPMalformed)
		return
	}
	ssrc := binary.BigEndian.Uint32(data[8:])
	_, known := c.inbound.ssrcs[ssrc]
	if !known && len(c.inbound.ssrcs) >= c.l.cfg.Limits.InboundSSRCs {
		c.l.counters.drop(dropTooManySSRCs)
		return
	}
	packet, err := keys.rtp.DecryptRTP(data[:0], data, &c.inbound.header)
	if err != nil {
		_, parse := c.inbound.header.Unmarshal(data)
		c.l.counters.drop(openFailure(err, parse, dropRTPAuth, dropRTPMalformed))
		return
	}
	if !known {
		c.inbound.ssrcs[ssrc] = struct{}{}
	}
	c.heard(now)
	if id := c.extensions.Load().TransportCC; id != 0 {
		if ext := c.inbound.header.GetExtension(id); len(ext) == 2 {
			c.feedback.record(ssrc, binary.BigEndian.Uint16(ext), now)
		}
	}
	c.handler.HandleRTP(packet, now)
}

// receiveRTCP opens one compound packet in place, takes out what is the transport's own, and hands on the rest.
func (c *Conn) receiveRTCP(data []byte, now time.Time) {
	keys := c.keysForMedia()
	if keys == nil {
		return
	}
	packet, err := keys.rtcp.DecryptRTCP(data[:0], data, &c.inbound.rtcp)
	if err != nil {
		parse := c.inbound.rtcp.Unmarshal(data)
		c.l.counters.drop(openFailure(err, parse, dropRTCPAuth, dropRTCPMalformed))
		return
	}
	c.heard(now)
	rest, feedback, ok := takeFeedback(packet)
	c.l.counters.feedbackIn.Add(uint64(feedback))
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

// openFailure tells why a packet did not open: it is not the client's, it does not parse, or it came before.
func openFailure(err, parse error, auth, malformed dropReason) dropReason {
	switch {
	case errors.Is(err, srtp.ErrFailedToVerifyAuthTag):
		return auth
	case parse != nil:
		return malformed
	}
	return dropReplay
}

const (
	rtcpTransportFeedback = 205
	formatTransportCC     = 15
)

// takeFeedback walks a compound packet and moves the rest together over the transport-wide feedback, of which it
// returns the number. ok is false when the lengths do not add up.
func takeFeedback(packet []byte) (rest []byte, feedback int, ok bool) {
	kept := 0
	for at := 0; at < len(packet); {
		if len(packet)-at < 4 || packet[at]>>6 != 2 {
			return nil, feedback, false
		}
		n := 4 * (int(binary.BigEndian.Uint16(packet[at+2:])) + 1)
		if n > len(packet)-at {
			return nil, feedback, false
		}
		if packet[at+1] == rtcpTransportFeedback && packet[at]&0x1f == formatTransportCC {
			feedback++
		} else {
			kept += copy(packet[kept:], packet[at:at+n])
		}
		at += n
	}
	return packet[:kept], feedback, true
}
