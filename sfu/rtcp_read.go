package sfu

import (
	"encoding/binary"

	"github.com/pion/rtcp"
)

// Every client reports several times a second, so reports are read without making anything of them.

// Sizes of RFC 3550 section 6.4 and RFC 4585 section 6.1, without the header.
const (
	rtcpHeader    = 4
	senderInfo    = 24
	receiverInfo  = 4
	blockSize     = 24
	feedbackInfo  = 8
	pairSize      = 4
	fullIntraSize = 8
	extendedInfo  = 4 // RFC 3611 section 2, and of a block section 3
	extendedBlock = 4
	answerSize    = 12
)

// rtcpPart is one packet of a compound.
type rtcpPart struct {
	kind  rtcp.PacketType
	count int    // of blocks, or the format of feedback
	body  []byte // after the header, without padding
}

// nextRTCP cuts off the first packet. ok is false when it does not parse.
func nextRTCP(b []byte) (p rtcpPart, rest []byte, ok bool) {
	if len(b) < rtcpHeader || b[0]>>6 != 2 {
		return p, nil, false
	}
	size := rtcpHeader + 4*int(binary.BigEndian.Uint16(b[2:]))
	if size > len(b) {
		return p, nil, false
	}
	p = rtcpPart{kind: rtcp.PacketType(b[1]), count: int(b[0] & 0x1f), body: b[rtcpHeader:size]}
	if b[0]&0x20 != 0 { // RFC 3550 section 6.4.1: the last byte counts the padding
		n := len(p.body)
		if n == 0 || int(p.body[n-1]) > n || p.body[n-1] == 0 {
			return p, nil, false
		}
		p.body = p.body[:n-int(p.body[n-1])]
	}
	return p, b[size:], len(p.body) >= p.needs()
}

// needs is how long the body must be for what is read of it.
func (p *rtcpPart) needs() int {
	switch p.kind {
	case rtcp.TypeSenderReport:
		return senderInfo + p.count*blockSize
	case rtcp.TypeReceiverReport:
		return receiverInfo + p.count*blockSize
	case rtcp.TypeTransportSpecificFeedback, rtcp.TypePayloadSpecificFeedback:
		return feedbackInfo
	case rtcp.TypeExtendedReport:
		return extendedInfo
	}
	return 0
}

// validRTCP tells whether a compound parses to its end and is not of too many packets.
func validRTCP(compound []byte) bool {
	n := 0
	for rest, ok := compound, true; len(rest) > 0; n++ {
		if _, rest, ok = nextRTCP(rest); !ok || n == maxCompound {
			return false
		}
	}
	return n > 0
}

func (p *rtcpPart) isNACK() bool {
	return p.kind == rtcp.TypeTransportSpecificFeedback && p.count == int(rtcp.FormatTLN)
}

func (p *rtcpPart) isPLI() bool {
	return p.kind == rtcp.TypePayloadSpecificFeedback && p.count == int(rtcp.FormatPLI)
}

func (p *rtcpPart) isFIR() bool {
	return p.kind == rtcp.TypePayloadSpecificFeedback && p.count == int(rtcp.FormatFIR)
}

// media is the stream that feedback is about.
func (p *rtcpPart) media() uint32 { return binary.BigEndian.Uint32(p.body[4:]) }

// sender is what a sender report says of the sender.
func (p *rtcpPart) sender() rtcp.SenderReport {
	return rtcp.SenderReport{
		SSRC: binary.BigEndian.Uint32(p.body), NTPTime: binary.BigEndian.Uint64(p.body[4:]),
		RTPTime: binary.BigEndian.Uint32(p.body[12:]), PacketCount: binary.BigEndian.Uint32(p.body[16:]),
		OctetCount: binary.BigEndian.Uint32(p.body[20:]),
	}
}

// appendBlocks appends the reception reports of a sender or receiver report.
func (p *rtcpPart) appendBlocks(reports []rtcp.ReceptionReport) []rtcp.ReceptionReport {
	b := p.body[receiverInfo:]
	if p.kind == rtcp.TypeSenderReport {
		b = p.body[senderInfo:]
	}
	for range p.count {
		reports = append(reports, rtcp.ReceptionReport{
			SSRC: binary.BigEndian.Uint32(b), FractionLost: b[4], TotalLost: binary.BigEndian.Uint32(b[4:]) & 0xffffff,
			LastSequenceNumber: binary.BigEndian.Uint32(b[8:]), Jitter: binary.BigEndian.Uint32(b[12:]),
			LastSenderReport: binary.BigEndian.Uint32(b[16:]), Delay: binary.BigEndian.Uint32(b[20:]),
		})
		b = b[blockSize:]
	}
	return reports
}

// answerTo finds in an extended report what it says about the reference times of a receiver (RFC 3611 section 4.5): the
// middle bits of the last one's NTP time, and the delay until the answer, in seconds / 65536.
func (p *rtcpPart) answerTo(ssrc uint32) (middle, delay uint32, ok bool) {
	for blocks := p.body[extendedInfo:]; len(blocks) >= extendedBlock; {
		kind, size := rtcp.BlockTypeType(blocks[0]), extendedBlock+4*int(binary.BigEndian.Uint16(blocks[2:]))
		if size > len(blocks) {
			break
		}
		for b := blocks[extendedBlock:size]; kind == rtcp.DLRRReportBlockType && len(b) >= answerSize; b = b[answerSize:] {
			if binary.BigEndian.Uint32(b) == ssrc {
				return binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), true
			}
		}
		blocks = blocks[size:]
	}
	return 0, 0, false
}
