package sfu

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/transport"
)

// svcPair is a publisher of one stream with layers and a receiver of it.
func svcPair(t *testing.T, dd, keyOnly bool) (w *world, e *svcEncoder, bob *client) {
	w = newWorld(t)
	alice, bob := w.join("alice"), w.join("bob")
	alice.sections = []transport.Section{svcSection("cam", transport.FromClient, 96, dd)}
	alice.offer()
	bob.sections = []transport.Section{slotSection(svcSection("v0", transport.ToClient, 120, dd), 2000)}
	bob.offer()
	return w, newSVC(alice, dd, keyOnly), bob
}

// svcDecoder holds what was sent against what the encoder knows of its frames.
type svcDecoder struct {
	t       *testing.T
	e       *svcEncoder
	got     map[uint16]bool // frames that can be decoded
	numbers map[uint16]uint16
	last    *sentPacket
}

// take checks a run of packets and returns the highest layers of its pictures, and how many there were.
func (d *svcDecoder) take(packets []sentPacket) (spatial, temporal, pictures int) {
	d.t.Helper()
	top := -1
	for i := range packets {
		p := &packets[i]
		if d.last != nil && p.Sequence != d.last.Sequence+1 {
			d.t.Fatalf("number %d after %d", p.Sequence, d.last.Sequence)
		}
		if d.last != nil && (p.Timestamp != d.last.Timestamp) != d.last.Marker {
			d.t.Fatalf("number %d: marker %v before a step of time by %d", p.Sequence, d.last.Marker, p.Timestamp-d.last.Timestamp)
		}
		if d.last == nil || p.Timestamp != d.last.Timestamp {
			pictures++
			top = -1
		}
		d.last = p
		f := d.frame(p)
		for _, diff := range f.refs {
			if !d.got[f.number-uint16(diff)] {
				d.t.Fatalf("frame %d of layers %d, %d needs one that was not sent", f.number, f.spatial, f.temporal)
			}
		}
		d.got[f.number] = true
		if f.spatial < top {
			d.t.Fatal("the layers of a picture are out of order")
		}
		top = f.spatial
		spatial, temporal = max(spatial, f.spatial), max(temporal, f.temporal)
	}
	return spatial, temporal, pictures
}

// frame finds which of the encoder's frames a packet is of, and checks how it is numbered.
func (d *svcDecoder) frame(p *sentPacket) *svcFrame {
	d.t.Helper()
	desc, ok := codec.Describe(codec.VP9, p.payload)
	if !ok {
		d.t.Fatalf("broken payload %x", p.payload[:8])
	}
	at := int(desc.VP9.Size)
	if !desc.Intra {
		at++
	}
	if desc.Spatials > 0 {
		at += 1 + 4*svcSpatials
	}
	f := d.e.frames[binary.BigEndian.Uint16(p.payload[at:])]
	if f == nil {
		d.t.Fatal("a packet of no frame")
	}
	if d.e.dd {
		number := binary.BigEndian.Uint16(p.DependencyDescriptor[1:])
		if d.numbers == nil {
			d.numbers = map[uint16]uint16{}
		}
		if was, has := d.numbers[f.number]; has && was != number {
			d.t.Fatalf("frame %d is called %d and %d", f.number, was, number)
		}
		d.numbers[f.number] = number
	}
	return f
}

func TestLayersWithinAStream(t *testing.T) {
	for _, tt := range []struct {
		name        string
		dd, keyOnly bool
	}{
		{"dependency descriptor, all layers linked", true, false},
		{"dependency descriptor, layers linked in key pictures", true, true},
		{"VP9's descriptor, all layers linked", false, false},
		{"VP9's descriptor, layers linked in key pictures", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, e, bob := svcPair(t, tt.dd, tt.keyOnly)
			slot := bob.slots.Load().bySSRC[2000]
			d := &svcDecoder{t: t, e: e, got: map[uint16]bool{}}
			w.runSVC(400*time.Millisecond, e)
			if s, temporal, _ := d.take(bob.take(2000)); s != 2 || temporal != 1 {
				t.Fatalf("at first layers %d and %d", s, temporal)
			}
			was := 2
			for i, want := range []struct{ spatial, temporal int }{{0, 1}, {2, 1}, {1, 1}, {1, 0}, {2, 0}, {0, 0}, {0, 1}, {2, 1}, {0, 1}, {1, 1}} {
				bob.show("alice", 320<<want.spatial)
				slot.setTarget(noLimit, want.temporal, w.at)
				before := w.server.Stats().KeyFrameRequests
				w.runSVC(time.Second, e)
				_, _, settling := d.take(bob.take(2000))
				asked := w.server.Stats().KeyFrameRequests - before
				w.runSVC(time.Second, e)
				s, temporal, pictures := d.take(bob.take(2000))
				if s != want.spatial || temporal != want.temporal {
					t.Fatalf("step %d: wanted %+v, got %d and %d", i, want, s, temporal)
				}
				rate := 13 + 12*want.temporal
				if want.spatial < was && !tt.keyOnly && asked > 0 {
					t.Fatalf("step %d: going down took a key frame", i)
				}
				was = want.spatial
				if pictures < rate-1 || pictures > rate+1 || settling < 12 || asked > 1 {
					t.Fatalf("step %d: %d pictures in the first second, then %d; %d key frames asked for", i, settling, pictures, asked)
				}
			}
			tiers := e.c.routing.Load().pubs[0].AppendTiers(nil)
			if len(tiers) != svcSpatials || tiers[1].Width != 640 || !tiers[2].Live {
				t.Fatalf("%+v", tiers)
			}
			for i := range tiers[1:] {
				if tiers[i+1].Rates[0] <= tiers[i].Rates[0] || tiers[i].Rates[1] <= tiers[i].Rates[0] {
					t.Fatalf("rates do not grow: %+v", tiers)
				}
			}
			if n := w.server.Stats().ForcedSwitches; n != 0 {
				t.Fatalf("%d forced", n)
			}
		})
	}
}

func TestSourcesWithLayersFollowEachOther(t *testing.T) {
	w, alices, bob := svcPair(t, true, false)
	carol := w.join("carol")
	carol.sections = []transport.Section{svcSection("cam", transport.FromClient, 96, true)}
	carol.offer()
	carols := newSVC(carol, true, true)
	carols.number, carols.id, carols.seq = 9, 77, 3
	var all []sentPacket
	for i := range 10 {
		bob.show([]string{"alice", "carol"}[i%2], 640)
		w.runSVC(time.Second, alices, carols)
		all = append(all, bob.take(2000)...)
	}
	frame, picture := uint16(0), uint16(0)
	for i, p := range all {
		d, _ := codec.Describe(codec.VP9, p.payload)
		number := binary.BigEndian.Uint16(p.DependencyDescriptor[1:])
		if i > 0 {
			step := int16(number - frame)
			if p.Sequence != all[i-1].Sequence+1 || int32(p.Timestamp-all[i-1].Timestamp) < 0 || step < 0 || step > 3 {
				t.Fatalf("packet %d: number %d after %d, frame number steps by %d", i, p.Sequence, all[i-1].Sequence, step)
			}
			if ids := (d.VP9.PictureID - picture) & 0x7fff; ids > 1 {
				t.Fatalf("packet %d: picture id steps by %d", i, ids)
			}
			if p.Source != all[i-1].Source && !d.KeyStart {
				t.Fatalf("packet %d: another source without a key frame", i)
			}
		}
		frame, picture = number, d.VP9.PictureID
	}
}

// TestAV1LayersNeedDescriptors: a receiver that does not take them gets the lowest spatial layer, which it can decode.
func TestAV1LayersNeedDescriptors(t *testing.T) {
	for _, takes := range []bool{true, false} {
		w := newWorld(t)
		alice, bob := w.join("alice"), w.join("bob")
		av1 := func(sec transport.Section) transport.Section {
			sec.Codecs[0].Name = "AV1"
			return sec
		}
		alice.sections = []transport.Section{av1(svcSection("cam", transport.FromClient, 96, true))}
		alice.offer()
		bob.sections = []transport.Section{slotSection(av1(svcSection("v0", transport.ToClient, 120, takes)), 2000)}
		bob.offer()
		e := newSVC(alice, true, true)
		e.payload = func(f *svcFrame, start, end bool) []byte {
			header := byte(0x10)
			if f.key && f.spatial == 0 && start {
				header |= 0x08
			}
			return []byte{header, 0x32, byte(f.spatial)}
		}
		w.runSVC(time.Second, e)
		bob.take(2000)
		w.runSVC(time.Second, e)
		got := bob.take(2000)
		if len(got) != 25*2 {
			t.Fatalf("%d packets a second", len(got))
		}
		for _, p := range got {
			if want := map[bool]byte{true: 2, false: 0}[takes]; p.payload[2] != want || (len(p.DependencyDescriptor) > 0) != takes {
				t.Fatalf("layer %d, want %d, with a descriptor of %d bytes", p.payload[2], want, len(p.DependencyDescriptor))
			}
		}
	}
}
