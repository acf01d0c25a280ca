package redis

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"github.com/digierapro/parley/internal/bus"
)

// What is published is a message of this form:
//
//	version  1 byte
//	node     8 bytes, of who published it
//	class    1 byte
//	name     its length as a uvarint, and the text
//	key      the same
//	data     all the rest
const (
	version   = 1
	headBytes = 1 + len(nodeID{}) + 1
	maxText   = 1024 // of a name and of a key
)

// nodeID tells a node from all others, and from itself before a restart.
type nodeID [8]byte

// Why a message is dropped.
var (
	errVersion   = errors.New("redis: a message of another version")
	errMalformed = errors.New("redis: a malformed message")
)

// encode appends a message.
func encode(b []byte, node nodeID, e bus.Event) []byte {
	b = append(b, version)
	b = append(b, node[:]...)
	b = append(b, byte(e.Class))
	for _, text := range []string{e.Name, e.Key} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	return append(b, e.Data...)
}

// decode reads a message. The event shares no memory with it.
func decode(message string) (node nodeID, e bus.Event, err error) {
	if len(message) == 0 || message[0] != version {
		return node, e, errVersion
	}
	if len(message) < headBytes {
		return node, e, errMalformed
	}
	copy(node[:], message[1:])
	e.Class = bus.Class(message[headBytes-1])
	rest := message[headBytes:]
	for _, text := range []*string{&e.Name, &e.Key} {
		if *text, rest, err = cutText(rest); err != nil {
			return node, bus.Event{}, err
		}
	}
	if e.Name == "" || e.Class > bus.Ephemeral {
		return node, bus.Event{}, errMalformed
	}
	if rest != "" {
		e.Data = json.RawMessage(rest)
		if !json.Valid(e.Data) {
			return node, bus.Event{}, errMalformed
		}
	}
	return node, e, nil
}

func cutText(s string) (text, rest string, err error) {
	head := []byte(s[:min(len(s), binary.MaxVarintLen64)])
	length, n := binary.Uvarint(head)
	if n <= 0 || length > maxText || length > uint64(len(s)-n) {
		return "", "", errMalformed
	}
	return s[n : n+int(length)], s[n+int(length):], nil
}
