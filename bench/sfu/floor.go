package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"golang.org/x/sys/unix"
)

// The floor is what 1x50 cannot go below with one system call a packet: one thread that seals a packet for each of 50
// receivers with that receiver's AES-128-GCM key and sends it, at the moments at which a camera of 30 frames a second and
// five packets a frame would: spread over the frame's time, or all five at once. The latter costs less, since a thread that
// sleeps often finds everything cold.
const (
	floorReceivers = 50
	floorBytes     = 1100 // of a sealed packet
	floorFor       = time.Second
	floorPackets   = 5 // a frame
	floorEvery     = time.Second / 30 / floorPackets
)

// measureFloor returns µs of CPU a packet, with so many of a frame's packets sent at once.
func measureFloor(ctx context.Context, atOnce int, lasts time.Duration) (float64, error) {
	f, err := newFloor()
	if err != nil {
		return 0, err
	}
	defer f.close()
	stop, drained := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drained)
		f.drain(stop)
	}()
	type outcome struct {
		cpu float64
		err error
	}
	measured := make(chan outcome, 1)
	go func() {
		runtime.LockOSThread() // the thread ends with the goroutine, and its CPU time is all the floor's
		cpu, err := f.send(ctx, atOnce, lasts)
		measured <- outcome{cpu, err}
	}()
	o := <-measured
	close(stop)
	<-drained
	return o.cpu, o.err
}

// floor is the sockets and keys.
type floor struct {
	sender    int
	receivers []int
	addresses []unix.RawSockaddrInet4
	keys      []*srtp.Context
}

func newFloor() (f *floor, err error) {
	f = &floor{sender: -1}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	if f.sender, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return nil, fmt.Errorf("floor: %w", err)
	}
	for i := range floorReceivers {
		if err := f.addReceiver(byte(i)); err != nil {
			return nil, fmt.Errorf("floor: %w", err)
		}
	}
	return f, nil
}

func (f *floor) addReceiver(i byte) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return err
	}
	f.receivers = append(f.receivers, fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return err
	}
	address, ok := name.(*unix.SockaddrInet4)
	if !ok {
		return errors.New("not an IPv4 address")
	}
	raw := unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: address.Addr}
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&raw.Port))[:], uint16(address.Port))
	f.addresses = append(f.addresses, raw)
	key, salt := make([]byte, 16), make([]byte, 12)
	key[0] = i
	k, err := srtp.CreateContext(key, salt, srtp.ProtectionProfileAeadAes128Gcm)
	if err != nil {
		return err
	}
	f.keys = append(f.keys, k)
	return nil
}

func (f *floor) close() {
	for _, fd := range append(f.receivers, f.sender) {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// drain keeps the receivers' buffers from running full, on another thread.
func (f *floor) drain(stop chan struct{}) {
	var b [1]byte
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		for _, fd := range f.receivers {
			for {
				if _, _, err := unix.Recvfrom(fd, b[:], unix.MSG_DONTWAIT); err != nil {
					break
				}
			}
		}
		select {
		case <-tick.C:
		case <-stop:
			tick.Stop()
			return
		}
	}
}

func (f *floor) send(ctx context.Context, atOnce int, lasts time.Duration) (float64, error) {
	const tag, headerSize = 16, 12
	plain := make([]byte, floorBytes-tag)
	sealed := make([]byte, 0, 2*floorBytes)
	plain[0], plain[1] = 0x80, 96
	var header rtp.Header
	packets := 0
	from, err := threadTime()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for tick := 0; time.Since(began) < lasts && ctx.Err() == nil; tick++ {
		binary.BigEndian.PutUint16(plain[2:], uint16(tick))
		binary.BigEndian.PutUint32(plain[4:], uint32(tick/floorPackets*3000))
		for i, k := range f.keys {
			binary.BigEndian.PutUint32(plain[headerSize-4:], uint32(i+1))
			if sealed, err = k.EncryptRTP(sealed[:0], plain, &header); err != nil {
				return 0, fmt.Errorf("floor: %w", err)
			}
			_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(f.sender), uintptr(unsafe.Pointer(&sealed[0])),
				uintptr(len(sealed)), unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&f.addresses[i])), unix.SizeofSockaddrInet4)
			if errno != 0 {
				return 0, fmt.Errorf("floor: %w", errno)
			}
			packets++
		}
		if (tick+1)%atOnce > 0 {
			continue
		}
		if wait := time.Duration(tick+1)*floorEvery - time.Since(began); wait > 0 {
			t := unix.NsecToTimespec(int64(wait))
			_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &t, nil)
		}
	}
	to, err := threadTime()
	if err != nil || packets == 0 {
		return 0, errors.Join(err, ctx.Err())
	}
	return float64(to-from) / float64(time.Microsecond) / float64(packets), nil
}

func threadTime() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0, fmt.Errorf("read the thread's CPU time: %w", err)
	}
	return time.Duration(t.Nano()), nil
}
