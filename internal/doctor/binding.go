package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"github.com/pion/stun/v3"
)

// maxDatagram bounds what is read at once.
const maxDatagram = 1500

// resend is how long an answer may take before the request is sent again: RFC 8489 section 6.2.1.
const resend = 400 * time.Millisecond

// exchange sends a request in datagrams until its answer comes, and returns how long that took. The connection's deadlines
// are its own from then on.
func exchange(ctx context.Context, request *stun.Message, send func([]byte) error, receive receiver, take func(*stun.Message) error) (time.Duration, error) {
	buf := make([]byte, maxDatagram)
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		sent := time.Now()
		if err := send(request.Raw); err != nil {
			return 0, err
		}
		err := awaitAnswer(ctx, request, buf, sent.Add(resend), receive, take)
		if err == nil {
			return time.Since(sent), nil
		}
		if !isTimeout(err) {
			return 0, err
		}
	}
}

// receiver reads one datagram until a time.
type receiver func(b []byte, until time.Time) (int, error)

// taken is for answers of which only the coming matters.
func taken(*stun.Message) error { return nil }

func awaitAnswer(ctx context.Context, request *stun.Message, buf []byte, until time.Time, receive receiver, take func(*stun.Message) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := receive(buf, until)
		if err != nil {
			return err
		}
		answer := &stun.Message{Raw: append([]byte(nil), buf[:n]...)}
		if answer.Decode() != nil || answer.TransactionID != request.TransactionID {
			continue
		}
		if answer.Type != stun.BindingSuccess {
			return errRefusedBinding
		}
		return take(answer)
	}
}

var errRefusedBinding = errors.New("the server refuses the check")

// bindUDP asks over UDP.
func bindUDP(ctx context.Context, address string, request *stun.Message, take func(*stun.Message) error) (time.Duration, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "udp", address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	return bindOver(ctx, conn, request, take)
}

// bindOver asks by a connected UDP socket.
func bindOver(ctx context.Context, conn net.Conn, request *stun.Message, take func(*stun.Message) error) (time.Duration, error) {
	return exchange(ctx, request,
		func(b []byte) error { _, err := conn.Write(b); return err },
		func(b []byte, until time.Time) (int, error) {
			if err := conn.SetReadDeadline(until); err != nil {
				return 0, err
			}
			return conn.Read(b)
		}, take)
}

// bindTCP asks over TCP in the frames of ICE-TCP: RFC 4571, a length of two bytes before each message.
func bindTCP(ctx context.Context, address string, request *stun.Message, take func(*stun.Message) error) (time.Duration, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	deadline, _ := ctx.Deadline() // the zero time is none
	if err := conn.SetDeadline(deadline); err != nil {
		return 0, err
	}
	sent := time.Now()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(request.Raw))), request.Raw...)); err != nil {
		return 0, err
	}
	err = awaitAnswer(ctx, request, make([]byte, maxDatagram), deadline, func(b []byte, _ time.Time) (int, error) {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return 0, err
		}
		n := int(binary.BigEndian.Uint16(length[:]))
		if n > len(b) {
			return 0, errors.New("what answers does not speak ICE-TCP")
		}
		return io.ReadFull(conn, b[:n])
	}, take)
	return time.Since(sent), err
}
