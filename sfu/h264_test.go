package sfu

import (
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/transport"
)

func h264Section(mid string, dir transport.Direction, pt uint8, rids ...string) transport.Section {
	sec := vp8Section(mid, dir, pt, rids...)
	sec.Codecs[0].Name, sec.Codecs[0].Fmtp = "H264", "packetization-mode=1;profile-level-id=42e01f"
	return sec
}

// h264Parameters is a sequence parameter set of 640x360 pictures.
var h264Parameters = []byte{0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x50}

// h264Frame gives a frame's payloads: parameter sets in a STAP-A or by themselves, then the picture in fragments.
func h264Frame(key, aggregated bool, body byte) [][]byte {
	sps, pps := h264Parameters, []byte{0x68, 0xce, 0x3c, 0x80}
	slice := byte(0x41)
	var out [][]byte
	if key {
		slice = 0x65
		if aggregated {
			stap := []byte{0x78, 0, byte(len(sps))}
			stap = append(append(stap, sps...), 0, byte(len(pps)))
			out = append(out, append(stap, pps...))
		} else {
			out = append(out, sps, pps)
		}
	}
	header := slice & 0x1f
	out = append(out,
		[]byte{slice&0x60 | 28, 0x80 | header, body, 1},
		[]byte{slice&0x60 | 28, header, body, 2},
		[]byte{slice&0x60 | 28, 0x40 | header, body, 3})
	return out
}

// TestH264Simulcast switches between layers of H264, whose key frames begin with parameter sets in packets of their own.
func TestH264Simulcast(t *testing.T) {
	for _, aggregated := range []bool{true, false} {
		w := newWorld(t)
		alice, bob := w.join("alice"), w.join("bob")
		alice.sections = []transport.Section{h264Section("cam", transport.FromClient, 96, "q", "h", "f")}
		alice.offer()
		bob.sections = []transport.Section{slotSection(h264Section("v0", transport.ToClient, 120), 2000)}
		bob.offer()
		layers := alice.camera()
		run := func(d time.Duration) {
			for end := w.at + d; w.at < end; {
				w.advance(40 * time.Millisecond)
				key := alice.askedForKey()
				for i, e := range layers {
					e.ts += 3600
					payloads := h264Frame(key || e.wantKey, aggregated, byte(i))
					e.wantKey = false
					for j, p := range payloads {
						e.deliver(e.raw(e.pt, e.ssrc, e.seq, j == len(payloads)-1, p, false))
						e.seq++
					}
				}
			}
		}
		slot := bob.slots.Load().bySSRC[2000]
		var all []sentPacket
		for _, tier := range []int{2, 0, 1, 2, 1, 0} {
			slot.setTarget(tier, noLimit, w.at)
			run(time.Second)
			all = append(all, bob.take(2000)...)
			if last := all[len(all)-1].payload; int(last[2]) != tier {
				t.Fatalf("wanted layer %d, got %d", tier, last[2])
			}
		}
		// A late joiner begins with the parameter sets, not with the picture after them.
		carol := w.join("carol")
		carol.sections = []transport.Section{slotSection(h264Section("v0", transport.ToClient, 120), 2000)}
		carol.offer()
		run(time.Second)
		checkH264(t, carol.take(2000))
		checkH264(t, all)
	}
}

// checkH264 finds a parameter set wherever a stream's layer changes, and no gap.
func checkH264(t *testing.T, packets []sentPacket) {
	t.Helper()
	if len(packets) == 0 {
		t.Fatal("nothing was sent")
	}
	source, armed := -1, false
	for i, p := range packets {
		if i > 0 && (p.Sequence != packets[i-1].Sequence+1 || int32(p.Timestamp-packets[i-1].Timestamp) < 0) {
			t.Fatalf("packet %d: number or time out of order", i)
		}
		d, ok := codec.Describe(codec.H264, p.payload)
		if !ok {
			t.Fatalf("packet %d is broken", i)
		}
		if d.Width > 0 {
			armed = true // a parameter set
			continue
		}
		if p.payload[0]&0x1f != 28 {
			continue
		}
		if now := int(p.payload[2]); now != source {
			if !armed || !d.KeyStart {
				t.Fatalf("packet %d: layer %d begins without parameter sets", i, now)
			}
			source = now
		}
		armed = armed && d.KeyFrame
	}
}
