package loadtest

import (
	"encoding/binary"
	"math/bits"
	"time"

	"github.com/pion/rtcp"
)

// incoming is what a receiver knows of one stream of the server's. Owned by the loop.
type incoming struct {
	slotStream
	started  bool
	highest  int64  // sequence number, unwrapped
	window   uint64 // which of the 64 up to the highest have come
	received uint64
	twice    uint64

	reportedHighest  int64 // at the last receiver report
	reportedReceived uint64
	firstSeq         int64
	lastSR           uint32 // middle bits of the last sender report's time, and when it came
	lastSRAt         int64

	base struct { // when measuring began
		highest         int64
		received, twice uint64
	}
}

// note counts one packet.
func (in *incoming) note(sequence uint16) {
	if !in.started {
		in.started = true
		in.highest, in.firstSeq, in.reportedHighest = int64(sequence), int64(sequence), int64(sequence)-1
		in.window, in.received = 1, 1
		return
	}
	ahead := int64(int16(sequence - uint16(in.highest)))
	switch {
	case ahead > 0:
		in.highest += ahead
		in.window = in.window<<min(ahead, 64) | 1
		in.received++
	case ahead > -64 && in.window&(1<<-ahead) != 0:
		in.twice++
	default:
		if ahead > -64 {
			in.window |= 1 << -ahead
		}
		in.received++
	}
}

func (in *incoming) beginMeasuring() {
	in.base.highest, in.base.received, in.base.twice = in.highest, in.received, in.twice
}

// measured gives what came, and what did not, since beginMeasuring.
func (in *incoming) measured() (received, lost, twice uint64) {
	received = in.received - in.base.received
	from := in.base.highest
	if in.base.received == 0 && in.started {
		from = in.firstSeq - 1
	}
	if expected := in.highest - from; in.started && expected > int64(received) {
		lost = uint64(expected) - received
	}
	return received, lost, in.twice - in.base.twice
}

// receive sorts what comes, RFC 7983 section 7 and RFC 5761 section 4.
func (c *client) receive(data []byte, at int64) {
	if len(data) < 2 {
		return
	}
	switch b := data[0]; {
	case b < 4:
		c.agent.receive(data)
	case b >= 20 && b < 64:
		c.pipe.push(data)
	case b >= 128 && b < 192:
		if data[1] >= 192 && data[1] <= 223 {
			c.receiveRTCP(data, at)
		} else {
			c.receiveRTP(data, at)
		}
	}
}

func (c *client) receiveRTP(data []byte, at int64) {
	if len(data) < headerSize || c.odd.loses != nil && c.odd.loses(len(data)) {
		return
	}
	in := c.incoming[binary.BigEndian.Uint32(data[8:])]
	if in == nil {
		c.strangers++
		return
	}
	in.note(binary.BigEndian.Uint16(data[2:]))
	if sequence, ok := transportSequence(data); ok {
		c.feedback.note(sequence, at)
	}
	if !c.loop.measuring || in.rtx {
		return
	}
	c.bytes += uint64(len(data))
	if c.untilOpen--; c.untilOpen <= 0 {
		// At random distances: regular ones would meet the same packet of every frame.
		c.untilOpen = 1 + c.random.IntN(2*c.openEvery)
		c.open(data, at)
	}
}

// open decrypts a packet and reads when it was sent.
func (c *client) open(data []byte, at int64) {
	if data[0]&0x20 != 0 {
		return // padding
	}
	opened, err := c.keys.in.DecryptRTP(c.plain[:0], data, &c.header)
	if err != nil {
		c.unreadable++
		return
	}
	if sent, ok := stampOf(opened); ok {
		c.loop.latency.add(time.Duration(at - sent))
	}
}

// transportSequence finds the transport-wide number among the header extensions.
func transportSequence(data []byte) (sequence uint16, ok bool) {
	at := headerSize + 4*int(data[0]&0x0f)
	if data[0]&0x10 == 0 || len(data) < at+4 || binary.BigEndian.Uint16(data[at:]) != 0xbede {
		return 0, false
	}
	end := at + 4 + 4*int(binary.BigEndian.Uint16(data[at+2:]))
	if end > len(data) {
		return 0, false
	}
	for at += 4; at < end; {
		if data[at] == 0 {
			at++
			continue
		}
		id, n := data[at]>>4, int(data[at]&0x0f)+1
		if id == extTransportCC && n == 2 && at+3 <= end {
			return binary.BigEndian.Uint16(data[at+1:]), true
		}
		at += 1 + n
	}
	return 0, false
}

func (c *client) receiveRTCP(data []byte, at int64) {
	if c.keys.in == nil {
		return
	}
	opened, err := c.keys.in.DecryptRTCP(c.plain[:0], data, nil)
	if err != nil {
		c.unreadable++
		return
	}
	packets, err := rtcp.Unmarshal(opened)
	if err != nil {
		c.unreadable++
		return
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			if in := c.incoming[p.SSRC]; in != nil {
				in.lastSR, in.lastSRAt = uint32(p.NTPTime>>16), at
			}
		case *rtcp.PictureLossIndication:
			c.keyFrameWanted()
		case *rtcp.FullIntraRequest:
			c.keyFrameWanted()
		case *rtcp.TransportLayerNack:
			c.askedAgain(p)
		}
	}
}

func (c *client) keyFrameWanted() {
	if c.loop.measuring {
		c.plis++
	}
	if c.camera != nil {
		c.camera.keyFrame(monotonic())
	}
}

func (c *client) askedAgain(p *rtcp.TransportLayerNack) {
	if c.camera == nil {
		return
	}
	for _, v := range c.camera.layers {
		if v.stream.ssrc != p.MediaSSRC {
			continue
		}
		for _, pair := range p.Nacks {
			v.stream.resend(pair.PacketID)
			for missing := uint16(pair.LostPackets); missing != 0; missing &= missing - 1 {
				v.stream.resend(pair.PacketID + 1 + uint16(bits.TrailingZeros16(missing)))
			}
			if c.loop.measuring {
				c.nacks += uint64(1 + bits.OnesCount16(uint16(pair.LostPackets)))
			}
		}
	}
}
