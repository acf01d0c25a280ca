package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"unicode/utf8"
)

// The packet types, as the digit that begins a text packet.
const (
	typeOpen    byte = '0'
	typeClose   byte = '1'
	typePing    byte = '2'
	typePong    byte = '3'
	typeMessage byte = '4'
	typeUpgrade byte = '5'
	typeNoop    byte = '6'
)

// separator stands between the packets of a polling payload.
const separator byte = 0x1e

// binaryPrefix begins a binary message in a polling payload; base64 follows.
const binaryPrefix byte = 'b'

var (
	errEmptyPacket   = errors.New("engineio: empty packet")
	errPacketType    = errors.New("engineio: unknown packet type")
	errNotUTF8       = errors.New("engineio: text that is not UTF-8")
	errBase64        = errors.New("engineio: binary packet that is not base64")
	errTooManyInBody = errors.New("engineio: too many packets in one payload")
	errNotAllowed    = errors.New("engineio: packet not allowed here")
)

// packet is one packet from a client. data points into the buffer it was parsed from.
type packet struct {
	typ    byte
	binary bool
	data   []byte
}

// parseText reads a packet in its text form.
func parseText(b []byte) (packet, error) {
	switch {
	case len(b) == 0:
		return packet{}, errEmptyPacket
	case b[0] < typeOpen || b[0] > typeNoop:
		return packet{}, errPacketType
	case !utf8.Valid(b):
		return packet{}, errNotUTF8
	}
	return packet{typ: b[0], data: b[1:]}, nil
}

// parsePayload reads the body of a polling request. All of it is checked before any of it is used.
func parsePayload(body []byte, limit int) ([]packet, error) {
	if bytes.Count(body, []byte{separator}) >= limit {
		return nil, errTooManyInBody
	}
	var packets []packet
	for len(body) > 0 || packets == nil {
		part, rest, more := bytes.Cut(body, []byte{separator})
		p, err := parsePart(part)
		if err != nil {
			return nil, err
		}
		packets = append(packets, p)
		if more && len(rest) == 0 {
			return nil, errEmptyPacket
		}
		body = rest
	}
	return packets, nil
}

func parsePart(part []byte) (packet, error) {
	if len(part) == 0 || part[0] != binaryPrefix {
		return parseText(part)
	}
	encoded := bytes.TrimRight(part[1:], "=")
	data := make([]byte, base64.RawStdEncoding.DecodedLen(len(encoded)))
	n, err := base64.RawStdEncoding.Decode(data, encoded)
	if err != nil {
		return packet{}, errBase64
	}
	return packet{typ: typeMessage, binary: true, data: data[:n]}, nil
}
