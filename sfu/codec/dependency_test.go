package codec

import (
	"bytes"
	"testing"
)

// l1t2 is the descriptor of a key frame: two temporal layers, templates 3 (key), 4 (base) and 5 (upper), one chain and
// pictures of 640x360, written by hand from section A.8.
var l1t2 = pack(
	"1 0 000011 0000000000000101", // start, not the end; template 3, frame 5
	"1 0 0 0 0",                   // carries a structure, nothing else of its own
	"000011 00001",                // ids from 3, two targets
	"00 01 11",                    // template layers: temporal 0, 0, 1
	"10 10  10 10  00 01",         // key: switch, switch; base: switch, switch; upper: not present, discardable
	"0  1 0001 0  1 0000 0",       // distances: none; 2; 1
	"10",                          // chains: ns(3) = 1; which protects both targets takes no bits
	"0000 0010 0001",              // distances in the chain
	"1 0000001001111111 0000000101100111",
)

// pack makes bytes of bits written with spaces.
func pack(fields ...string) (b []byte) {
	n := 0
	for _, f := range fields {
		for _, c := range f {
			if c == ' ' {
				continue
			}
			if n%8 == 0 {
				b = append(b, 0)
			}
			b[n/8] |= byte(c-'0') << (7 - n%8)
			n++
		}
	}
	return b
}

func TestDependencyDescriptor(t *testing.T) {
	var s DependencyStructure
	var d Dependency
	if !ReadDependency(l1t2, &s, &d) || !d.Key || !d.Start || d.End || d.Number != 5 || !d.Known || d.Temporal != 0 || d.Active != 3 {
		t.Fatalf("key frame: %+v", d)
	}
	if s.Spatials() != 1 || s.Targets() != 2 || s.Size(0) != (Size{640, 360}) || s.chains != 1 || s.Size(1) != (Size{}) {
		t.Fatalf("structure: %+v", s)
	}
	if low, high := s.Target(0, 0, ^uint32(0)), s.Target(3, 3, ^uint32(0)); low != 0 || high != 1 || s.Target(3, 3, 1) != 0 || s.Target(3, 3, 0) != -1 {
		t.Fatalf("targets %d and %d", low, high)
	}
	tests := []struct {
		name     string
		b        []byte
		ok       bool
		known    bool
		temporal uint8
		low      Indication
		diffs    []uint16
	}{
		{"three bytes, base", pack("1 1 000100", "00000000 00000111"), true, true, 0, Switch, []uint16{2}},
		{"three bytes, upper", pack("1 1 000101", "00000000 00001000"), true, true, 1, NotPresent, []uint16{1}},
		{"a template that is not known", pack("1 1 001001", "00000000 00001000"), true, false, 0, NotPresent, nil},
		{"ids before the first wrap", pack("1 1 000010", "00000000 00001000"), true, false, 0, NotPresent, nil},
		{"own distances", pack("1 1 000101 0000000000001001", "0 0 0 1 0", "01 0011 10 00010000 00"), true, true, 1, NotPresent, []uint16{4, 17}},
		{"own indications and chains", pack("1 1 000101 0000000000001001", "0 0 1 0 1", "11 10 00000001"), true, true, 1, Required, []uint16{1}},
		{"own distances cut", pack("1 1 000101 0000000000001001", "0 0 0 1 0", "01"), false, false, 0, 0, nil},
		{"two bytes", []byte{0xc4, 0}, false, false, 0, 0, nil},
		{"structure cut", l1t2[:8], false, false, 0, 0, nil},
		{"empty", nil, false, false, 0, 0, nil},
	}
	for _, tt := range tests {
		before := s
		ok := ReadDependency(tt.b, &s, &d)
		if ok != tt.ok || s != before {
			t.Errorf("%s: %v; structure kept: %v", tt.name, ok, s == before)
			continue
		}
		if !ok {
			continue
		}
		if d.Known != tt.known || d.Temporal != tt.temporal || d.Indication(0) != tt.low || len(d.Diffs()) != len(tt.diffs) {
			t.Errorf("%s: %+v", tt.name, d)
			continue
		}
		for i, diff := range tt.diffs {
			if d.Diffs()[i] != diff {
				t.Errorf("%s: distances %v", tt.name, d.Diffs())
			}
		}
	}
	b := bytes.Clone(l1t2)
	RenumberDependency(b, 0xabcd)
	if !ReadDependency(b, &s, &d) || d.Number != 0xabcd || !bytes.Equal(b[3:], l1t2[3:]) {
		t.Error("renumbering changed more than the number")
	}
}

func FuzzDependency(f *testing.F) {
	f.Add(l1t2, []byte{0xc4, 0, 6})
	f.Add(l1t2, pack("1 1 000101 0000000000001001", "0 1 1 1 1", "11 11 10 01 0011 10 00010000 00"))
	f.Add([]byte{0x80, 0, 1, 0x80, 0xff, 0xff, 0xff}, []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var s DependencyStructure
		for _, b := range [][]byte{first, second} {
			before, raw := s, bytes.Clone(b)
			var d Dependency
			ok := ReadDependency(b, &s, &d)
			if !bytes.Equal(raw, b) {
				t.Fatal("reading changed the bytes")
			}
			if (!ok || !d.Key) && s != before {
				t.Fatal("the structure changed without a new one")
			}
			if !ok || !d.Known {
				continue
			}
			if int(d.Spatial) >= s.Spatials() || d.Temporal >= MaxTemporal || s.Targets() < 1 || s.Targets() > maxTargets {
				t.Fatalf("frame of layers %d and %d in %d targets", d.Spatial, d.Temporal, s.Targets())
			}
			best := s.Target(MaxSpatial, MaxTemporal, d.Active)
			spatial, temporal := s.Layer(best)
			if best >= s.Targets() || int(spatial) >= MaxSpatial || int(temporal) >= MaxTemporal {
				t.Fatalf("target %d of layers %d and %d", best, spatial, temporal)
			}
			for _, diff := range d.Diffs() {
				if diff == 0 || diff > 4096 {
					t.Fatalf("a distance of %d", diff)
				}
			}
			d.Indication(best)
		}
	})
}
