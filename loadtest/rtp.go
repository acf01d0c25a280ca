package loadtest

import (
	"encoding/binary"
	"time"
)

const (
	headerSize  = 12
	stampSize   = 16
	sealedSize  = 1600
	introducing = 50 // packets of a stream that name their section, about as many as Chromium's
)

// stream is one outgoing RTP stream. All but the first group is owned by the loop.
type stream struct {
	// static
	c           *client
	mid, rid    string
	ssrc        uint32
	rtxSSRC     uint32 // 0 for none
	payloadType uint8
	clockRate   uint32
	video       bool

	sequence    uint16
	rtxSequence uint16
	start       uint32 // timestamp of the first packet
	timestamp   uint32 // of the newest, sent at sentAt
	sentAt      int64
	packets     uint32
	octets      uint32
	count       uint32       // of packets, for their stamps
	kept        []keptPacket // to send again; nil for audio
}

// keptPacket is a payload that may be asked for again.
type keptPacket struct {
	sequence  uint16
	timestamp uint32
	marker    bool
	payload   []byte
}

const keptPackets = 256 // a power of two

// outPacket is the variable part of a packet's header.
type outPacket struct {
	ssrc        uint32
	payloadType uint8
	marker      bool
	sequence    uint16
	timestamp   uint32
	mid, rid    string // "" to leave out
	ridExt      uint8
	level       int // audio level with its voice bit; -1 for none
}

// appendHeader writes the header with the extensions, RFC 8285 section 4.2.
func (c *client) appendHeader(b []byte, p *outPacket, now int64) []byte {
	second := p.payloadType
	if p.marker {
		second |= 0x80
	}
	b = append(b, 0x90, second)
	b = binary.BigEndian.AppendUint16(b, p.sequence)
	b = binary.BigEndian.AppendUint32(b, p.timestamp)
	b = binary.BigEndian.AppendUint32(b, p.ssrc)
	b = append(b, 0xbe, 0xde, 0, 0)
	from := len(b)
	sendTime := absSendTime(now)
	b = append(b, extAbsSendTime<<4|2, byte(sendTime>>16), byte(sendTime>>8), byte(sendTime))
	b = append(b, extTransportCC<<4|1, byte(c.transportSequence>>8), byte(c.transportSequence))
	c.transportSequence++
	if p.level >= 0 {
		b = append(b, extAudioLevel<<4, byte(p.level))
	}
	if p.mid != "" {
		b = append(b, extMID<<4|byte(len(p.mid)-1))
		b = append(b, p.mid...)
	}
	if p.rid != "" {
		b = append(b, p.ridExt<<4|byte(len(p.rid)-1))
		b = append(b, p.rid...)
	}
	for (len(b)-from)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[from-2:], uint16((len(b)-from)/4))
	return b
}

// absSendTime is seconds as a 6.18 fixed-point number.
func absSendTime(now int64) uint32 {
	return uint32(uint64(now)%64e9*(1<<18)/1e9) & 0xffffff
}

// send sends one packet of a stream. The payload's end is overwritten with a stamp.
func (s *stream) send(l *loop, payload []byte, timestamp uint32, marker bool, level int) {
	now := time.Now().UnixNano()
	s.count++
	stamp(payload, s.count, now)
	p := outPacket{
		ssrc: s.ssrc, payloadType: s.payloadType, marker: marker, sequence: s.sequence, timestamp: timestamp, level: level,
	}
	if s.packets < introducing {
		p.mid, p.rid, p.ridExt = s.mid, s.rid, extRID
	}
	if s.kept != nil {
		k := &s.kept[s.sequence%keptPackets]
		k.sequence, k.timestamp, k.marker = s.sequence, timestamp, marker
		k.payload = append(k.payload[:0], payload...)
	}
	s.sequence++
	s.packets++
	s.octets += uint32(len(payload))
	s.timestamp, s.sentAt = timestamp, now
	c := s.c
	b := append(c.appendHeader(c.plain[:0], &p, now), payload...)
	c.seal(b)
	if l.measuring {
		c.sent++
	}
}

// resend answers a request for a packet, RFC 4588 section 4.
func (s *stream) resend(sequence uint16) {
	k := &s.kept[sequence%keptPackets]
	if k.sequence != sequence || len(k.payload) == 0 || s.rtxSSRC == 0 {
		return
	}
	p := outPacket{
		ssrc: s.rtxSSRC, payloadType: payloadRTX, marker: k.marker, sequence: s.rtxSequence, timestamp: k.timestamp,
		mid: s.mid, rid: s.rid, ridExt: extRepairedRID, level: -1,
	}
	s.rtxSequence++
	c := s.c
	b := c.appendHeader(c.plain[:0], &p, time.Now().UnixNano())
	b = binary.BigEndian.AppendUint16(b, sequence)
	c.seal(append(b, k.payload...))
}

func (c *client) seal(plain []byte) {
	sealed, err := c.keys.out.EncryptRTP(c.sealed[:0], plain, &c.header)
	if err != nil {
		return // the packet is lost, and will be missed
	}
	_ = c.socket.send(sealed)
}

// A stamp is the last bytes of a payload: a mark, the packet's number in its stream, and when it was sent.
const stampMark = 0x706c7431

func stamp(payload []byte, count uint32, now int64) {
	b := payload[len(payload)-stampSize:]
	binary.BigEndian.PutUint32(b, stampMark)
	binary.BigEndian.PutUint32(b[4:], count)
	binary.BigEndian.PutUint64(b[8:], uint64(now))
}

// stampOf reads when a payload was sent.
func stampOf(payload []byte) (sent int64, ok bool) {
	if len(payload) < stampSize {
		return 0, false
	}
	b := payload[len(payload)-stampSize:]
	return int64(binary.BigEndian.Uint64(b[8:])), binary.BigEndian.Uint32(b) == stampMark
}
