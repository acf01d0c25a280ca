package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
)

// readText reads one unmasked text frame into buf, and returns the part of buf that it fills.
func readText(r *bufio.Reader, buf []byte) (text, rest []byte, err error) {
	head, err := r.Peek(2)
	if err != nil {
		return nil, buf, err
	}
	size, length := int(head[1]), 2
	switch {
	case head[0] != 0x81:
		return nil, buf, errors.New("the server ends the connection, or sends what is no text")
	case size == 126:
		if head, err = r.Peek(4); err != nil {
			return nil, buf, err
		}
		size, length = int(binary.BigEndian.Uint16(head[2:])), 4
	case size == 127:
		if head, err = r.Peek(10); err != nil {
			return nil, buf, err
		}
		size, length = int(binary.BigEndian.Uint64(head[2:])), 10
	}
	if size > maxFrame {
		return nil, buf, errors.New("a frame is too large")
	}
	if _, err := r.Discard(length); err != nil {
		return nil, buf, err
	}
	if cap(buf) < size {
		buf = make([]byte, size)
	}
	text = buf[:size]
	for n := 0; n < size; {
		m, err := r.Read(text[n:])
		if err != nil {
			return nil, buf, err
		}
		n += m
	}
	return text, buf, nil
}

// maxFrame is more than any answer of ours.
const maxFrame = 8 << 20

// writeText writes one frame with the masking key 0, which leaves the text as it is.
func writeText(conn net.Conn, text []byte) error {
	frame := make([]byte, 0, len(text)+8)
	switch n := len(text); {
	case n < 126:
		frame = append(frame, 0x81, 0x80|byte(n))
	case n <= 0xffff:
		frame = append(frame, 0x81, 0x80|126, byte(n>>8), byte(n))
	default:
		return errors.New("text too long")
	}
	frame = append(append(frame, 0, 0, 0, 0), text...)
	_, err := conn.Write(frame)
	return err
}
