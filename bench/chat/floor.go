package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/digierapro/parley/internal/rawconn"
)

// floorCommand has this program be the floor: a server that takes the text of a message and writes it to everybody in the
// room, and does nothing else. It parses nothing, keeps nothing and asks nobody. What it costs is what the system takes to
// wake a server and to write to so many sockets, and no server that writes to each of them can cost less.
const floorCommand = "floor-server"

func startFloor(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, nil, self, floorCommand)
}

type floorServer struct {
	mu    sync.RWMutex
	rooms map[string][]int // descriptors by room
}

// serveFloor runs until standard input ends.
func serveFloor() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("The floor is ready at http://%s\n", l.Addr())
	f := &floorServer{rooms: make(map[string][]int)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				_ = f.client(conn) // ends with the connection
			}()
		}
	}()
	_, err = bufio.NewReader(os.Stdin).ReadByte()
	_ = err // the end
	return l.Close()
}

func (f *floorServer) client(conn net.Conn) error {
	r := bufio.NewReaderSize(rawconn.New(conn), 2048)
	if _, err := http.ReadRequest(r); err != nil {
		return err
	}
	hello := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
	if _, err := conn.Write(appendFrame([]byte(hello), []byte(`0{}`))); err != nil {
		return err
	}
	auth, err := readMasked(r, nil)
	if err != nil {
		return err
	}
	if err := f.join(conn, bytes.TrimPrefix(auth, []byte("40"))); err != nil {
		return err
	}
	if _, err := conn.Write(appendFrame(appendFrame(nil, []byte(`40{}`)), []byte(`42["ready",{}]`))); err != nil {
		return err
	}
	for buf := make([]byte, 2048); ; {
		text, err := readMasked(r, buf)
		if err != nil {
			return err
		}
		if err := f.message(conn, text); err != nil {
			return err
		}
	}
}

// join puts a connection into the rooms that it names, as the peer does.
func (f *floorServer) join(conn net.Conn, auth []byte) error {
	var want struct{ Rooms []string }
	if err := json.Unmarshal(auth, &want); err != nil {
		return err
	}
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return err
	}
	return raw.Control(func(fd uintptr) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, room := range want.Rooms {
			f.rooms[room] = append(f.rooms[room], int(fd))
		}
	})
}

// padding makes a push as long as Parley's, whose fields it stands for.
var padding = bytes.Repeat([]byte("x"), 440)

// message writes what a client has sent, as a push, to its room, and then answers.
func (f *floorServer) message(conn net.Conn, text []byte) error {
	ack, rest, ok := bytes.Cut(bytes.TrimPrefix(text, []byte("42")), []byte("["))
	_, channel, ok2 := bytes.Cut(rest, []byte(`"channelId":"`))
	channel, _, ok3 := bytes.Cut(channel, []byte(`"`))
	at := bytes.Index(rest, mark)
	if !ok || !ok2 || !ok3 || at < 0 {
		return fmt.Errorf("%.100q is no message", text)
	}
	push := appendFrame(nil, bytes.Join([][]byte{[]byte(`42["newMessage",{`), rest[at : len(rest)-2], padding, []byte(`}]`)}, nil))
	f.mu.RLock()
	for _, fd := range f.rooms[string(channel)] {
		_ = writeRaw(fd, push) // the load sees what does not come
	}
	f.mu.RUnlock()
	_, err := conn.Write(appendFrame(nil, append(append([]byte("43"), ack...), `[{"success":true}]`...)))
	return err
}

func writeRaw(fd int, b []byte) error {
	if n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))); errno != 0 || int(n) < len(b) {
		return syscall.EAGAIN
	}
	return nil
}

// appendFrame appends a server's text frame.
func appendFrame(b, text []byte) []byte {
	if n := len(text); n < 126 {
		b = append(b, 0x81, byte(n))
	} else {
		b = binary.BigEndian.AppendUint16(append(b, 0x81, 126), uint16(n))
	}
	return append(b, text...)
}

// readMasked reads a frame as writeText writes it.
func readMasked(r *bufio.Reader, buf []byte) ([]byte, error) {
	head, err := r.Peek(8)
	if err != nil {
		return nil, err
	}
	size, length := int(head[1]&0x7f), 6
	if size == 126 {
		size, length = int(binary.BigEndian.Uint16(head[2:])), 8
	}
	if head[0] != 0x81 || size > maxFrame {
		return nil, fmt.Errorf("% x begins no text frame", head)
	}
	if _, err := r.Discard(length); err != nil {
		return nil, err
	}
	if len(buf) < size {
		buf = make([]byte, size)
	}
	for n := 0; n < size; {
		m, err := r.Read(buf[n:size])
		if err != nil {
			return nil, err
		}
		n += m
	}
	return buf[:size], nil
}
