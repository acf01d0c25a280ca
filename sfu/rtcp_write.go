package sfu

import (
	"encoding/binary"

	"github.com/pion/rtcp"
)

// Reports go out every second for each slot, so they are written into a buffer that is used again.

// maxCNAME is what a source description has room for (RFC 3550 section 6.5).
const maxCNAME = 255

func appendRTCPHeader(b []byte, count int, packetType rtcp.PacketType, words int) []byte {
	b = append(b, 2<<6|byte(count), byte(packetType))
	return binary.BigEndian.AppendUint16(b, uint16(words))
}

// appendSenderReport writes a report without reception blocks (RFC 3550 section 6.4.1).
func appendSenderReport(b []byte, r *rtcp.SenderReport) []byte {
	b = appendRTCPHeader(b, 0, rtcp.TypeSenderReport, 6)
	b = binary.BigEndian.AppendUint32(b, r.SSRC)
	b = binary.BigEndian.AppendUint64(b, r.NTPTime)
	b = binary.BigEndian.AppendUint32(b, r.RTPTime)
	b = binary.BigEndian.AppendUint32(b, r.PacketCount)
	return binary.BigEndian.AppendUint32(b, r.OctetCount)
}

// appendCNAME writes a source description of one chunk with one item (RFC 3550 section 6.5).
func appendCNAME(b []byte, ssrc uint32, cname string) []byte {
	cname = cname[:min(len(cname), maxCNAME)]
	item := 2 + len(cname)
	words := 1 + item/4 + 1 // the list of items ends with one to four zeros
	b = appendRTCPHeader(b, 1, rtcp.TypeSourceDescription, words)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, byte(rtcp.SDESCNAME), byte(len(cname)))
	b = append(b, cname...)
	for range 4 - item%4 {
		b = append(b, 0)
	}
	return b
}

// appendReceiverReport writes at most maxReportBlocks blocks (RFC 3550 section 6.4.2).
func appendReceiverReport(b []byte, ssrc uint32, blocks []rtcp.ReceptionReport) []byte {
	b = appendRTCPHeader(b, len(blocks), rtcp.TypeReceiverReport, 1+6*len(blocks))
	b = binary.BigEndian.AppendUint32(b, ssrc)
	for i := range blocks {
		r := &blocks[i]
		b = binary.BigEndian.AppendUint32(b, r.SSRC)
		b = binary.BigEndian.AppendUint32(b, uint32(r.FractionLost)<<24|r.TotalLost&0xffffff)
		b = binary.BigEndian.AppendUint32(b, r.LastSequenceNumber)
		b = binary.BigEndian.AppendUint32(b, r.Jitter)
		b = binary.BigEndian.AppendUint32(b, r.LastSenderReport)
		b = binary.BigEndian.AppendUint32(b, r.Delay)
	}
	return b
}

// appendReferenceTime writes an extended report of one receiver reference time block (RFC 3611 section 4.4).
func appendReferenceTime(b []byte, ssrc uint32, ntp uint64) []byte {
	b = appendRTCPHeader(b, 0, rtcp.TypeExtendedReport, 4)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, byte(rtcp.ReceiverReferenceTimeReportBlockType), 0, 0, 2)
	return binary.BigEndian.AppendUint64(b, ntp)
}
