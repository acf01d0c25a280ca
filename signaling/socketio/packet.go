package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// packetType is the digit that begins a packet.
type packetType byte

const (
	typeConnect      packetType = '0'
	typeDisconnect   packetType = '1'
	typeEvent        packetType = '2'
	typeAck          packetType = '3'
	typeConnectError packetType = '4'
	typeBinaryEvent  packetType = '5'
	typeBinaryAck    packetType = '6'
)

// noID stands for a packet without an ack id.
const noID int64 = -1

// maxIDDigits keeps ack ids within what a JavaScript number holds exactly.
const maxIDDigits = 15

var (
	errType        = errors.New("socketio: unknown packet type")
	errAttachments = errors.New("socketio: illegal attachments")
	errNamespace   = errors.New("socketio: illegal namespace")
	errAckID       = errors.New("socketio: illegal ack id")
	errPayload     = errors.New("socketio: illegal payload")
	errDepth       = errors.New("socketio: payload nested too deeply")
	errEventName   = errors.New("socketio: illegal event name")
)

// reservedNames are what clients and servers emit to themselves.
var reservedNames = map[string]bool{
	"connect": true, "connect_error": true, "disconnect": true, "disconnecting": true,
	"newListener": true, "removeListener": true,
}

// packet is one packet from a client.
type packet struct {
	typ         packetType
	namespace   string
	id          int64
	attachments int // still to come, in binary messages of their own

	auth json.RawMessage // CONNECT: an object
	name string          // EVENT
	Payload
}

// parsePacket reads the text of a packet.
func parsePacket(text []byte, maxDepth, maxAttachments int) (*packet, error) {
	if len(text) == 0 {
		return nil, errType
	}
	p := &packet{typ: packetType(text[0]), namespace: "/", id: noID}
	rest := text[1:]
	var err error
	switch p.typ {
	case typeConnect, typeDisconnect, typeEvent, typeAck:
	case typeBinaryEvent, typeBinaryAck:
		if p.attachments, rest, err = cutAttachments(rest, maxAttachments); err != nil {
			return nil, err
		}
	default: // CONNECT_ERROR is for the server to send
		return nil, errType
	}
	if len(rest) > 0 && rest[0] == '/' {
		name, after, _ := bytes.Cut(rest, []byte{','})
		if len(name) > maxNamespaceLength {
			return nil, errNamespace
		}
		p.namespace, rest = string(name), after
	}
	if p.id, rest, err = cutID(rest); err != nil {
		return nil, err
	}
	return p, p.parsePayload(rest, maxDepth)
}

const maxNamespaceLength = 128

// cutAttachments reads the number before the dash.
func cutAttachments(b []byte, most int) (int, []byte, error) {
	digits, rest, found := bytes.Cut(b, []byte{'-'})
	if !found || len(digits) == 0 || len(digits) > 3 {
		return 0, nil, errAttachments
	}
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, nil, errAttachments
		}
		n = n*10 + int(d-'0')
	}
	if n > most {
		return 0, nil, errAttachments
	}
	return n, rest, nil
}

func cutID(b []byte) (int64, []byte, error) {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	if n == 0 {
		return noID, b, nil
	}
	if n > maxIDDigits {
		return 0, nil, errAckID
	}
	id, err := strconv.ParseInt(string(b[:n]), 10, 64)
	if err != nil {
		return 0, nil, errAckID
	}
	return id, b[n:], nil
}

// parsePayload checks the JSON of a packet against its type.
func (p *packet) parsePayload(b []byte, maxDepth int) error {
	if depth(b) > maxDepth {
		return errDepth
	}
	switch p.typ {
	case typeConnect:
		return p.parseAuth(b)
	case typeDisconnect:
		if len(b) > 0 {
			return errPayload
		}
		return nil
	case typeEvent, typeBinaryEvent:
		if err := p.parseArray(b); err != nil {
			return err
		}
		return p.parseName()
	default:
		if p.id == noID {
			return errAckID
		}
		return p.parseArray(b)
	}
}

func (p *packet) parseAuth(b []byte) error {
	p.auth = json.RawMessage("{}")
	if len(b) == 0 {
		return nil
	}
	if b[0] != '{' || !json.Valid(b) {
		return errPayload
	}
	p.auth = bytes.Clone(b)
	return nil
}

func (p *packet) parseArray(b []byte) error {
	if len(b) == 0 || b[0] != '[' {
		return errPayload
	}
	if err := json.Unmarshal(b, &p.args); err != nil {
		return errPayload
	}
	return nil
}

// parseName takes the event's name off the arguments. A number is allowed for one, and is its own text.
func (p *packet) parseName() error {
	if len(p.args) == 0 {
		return errEventName
	}
	first := p.args[0]
	p.args = p.args[1:]
	switch c := first[0]; {
	case c == '"':
		if err := json.Unmarshal(first, &p.name); err != nil {
			return errEventName
		}
	case c == '-' || c >= '0' && c <= '9':
		p.name = string(first)
	default:
		return errEventName
	}
	if reservedNames[p.name] {
		return errEventName
	}
	return nil
}

// depth is how deeply arrays and objects are nested in b, which need not be valid JSON.
func depth(b []byte) int {
	deepest, now := 0, 0
	inString := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			now++
			deepest = max(deepest, now)
		case c == ']' || c == '}':
			now--
		}
	}
	return deepest
}
