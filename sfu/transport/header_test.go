package transport

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestHeaderIsWhatOthersRead(t *testing.T) {
	ext := Extensions{TransportCC: 3, AbsSendTime: 2, AudioLevel: 1, VideoOrientation: 13, DependencyDescriptor: 8}
	now := time.Now()
	for _, c := range []struct {
		name    string
		packet  Packet
		ext     Extensions
		profile uint16
	}{
		{"none", Packet{}, Extensions{}, 0},
		{"asked for but not agreed", Packet{HasAudioLevel: true, DependencyDescriptor: []byte{1}}, Extensions{}, 0},
		{"stamps", Packet{Source: 5}, ext, profileOneByte},
		{"all", Packet{Marker: true, AudioLevel: 0x85, HasAudioLevel: true, VideoOrientation: 2, HasVideoOrientation: true,
			DependencyDescriptor: make([]byte, 16)}, ext, profileOneByte},
		{"long descriptor", Packet{DependencyDescriptor: bytes.Repeat([]byte{7}, maxDescriptor)}, ext, profileTwoByte},
	} {
		t.Run(c.name, func(t *testing.T) {
			var o outbound
			o.next = 0xfffe
			c.packet.SSRC, c.packet.Sequence, c.packet.Timestamp, c.packet.PayloadType = 0xdeadbeef, 0xfff0, 1<<31+5, 96
			n := o.writeHeader(o.buf[:], &c.packet, &c.ext, now)
			var h rtp.Header
			read, err := h.Unmarshal(o.buf[:n])
			if err != nil || read != n {
				t.Fatalf("read %d of %d bytes: %v", read, n, err)
			}
			if h.Version != 2 || h.SSRC != 0xdeadbeef || h.SequenceNumber != 0xfff0 || h.Timestamp != 1<<31+5 ||
				h.PayloadType != 96 || h.Marker != c.packet.Marker || h.Padding {
				t.Errorf("read %+v", h)
			}
			if (c.packet.Source != 0) != (len(h.CSRC) == 1) {
				t.Errorf("sources %v", h.CSRC)
			}
			if h.Extension != (c.profile != 0) || (h.Extension && h.ExtensionProfile != c.profile) {
				t.Fatalf("extension %v of profile %x, want %x", h.Extension, h.ExtensionProfile, c.profile)
			}
			checkExtensions(t, &h, &c.packet, &c.ext, now)
		})
	}
}

func checkExtensions(t *testing.T, h *rtp.Header, p *Packet, ext *Extensions, now time.Time) {
	t.Helper()
	want := make(map[uint8][]byte)
	if ext.TransportCC != 0 {
		want[ext.TransportCC] = []byte{0xff, 0xff}
	}
	if ext.AbsSendTime != 0 {
		raw, err := rtp.NewAbsSendTimeExtension(now).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		want[ext.AbsSendTime] = raw
	}
	if ext.AudioLevel != 0 && p.HasAudioLevel {
		want[ext.AudioLevel] = []byte{p.AudioLevel}
	}
	if ext.VideoOrientation != 0 && p.HasVideoOrientation {
		want[ext.VideoOrientation] = []byte{p.VideoOrientation}
	}
	if ext.DependencyDescriptor != 0 && len(p.DependencyDescriptor) > 0 {
		want[ext.DependencyDescriptor] = p.DependencyDescriptor
	}
	if len(h.GetExtensionIDs()) != len(want) {
		t.Errorf("extensions %v, want %d", h.GetExtensionIDs(), len(want))
	}
	for id, v := range want {
		if got := h.GetExtension(id); !bytes.Equal(got, v) {
			t.Errorf("extension %d is %x, want %x", id, got, v)
		}
	}
}
