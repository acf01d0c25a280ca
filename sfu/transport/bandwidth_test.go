package transport

import "testing"

func TestParseREMB(t *testing.T) {
	remb := func(exponent byte, mantissa uint32) []byte {
		b := []byte{0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0, 0, 0, 0, 0, 0, 9}
		b[17] = exponent<<2 | byte(mantissa>>16)
		b[18], b[19] = byte(mantissa>>8), byte(mantissa)
		return b
	}
	for _, tt := range []struct {
		packet []byte
		bps    int
		ok     bool
	}{
		{remb(0, 250_000), 250_000, true},
		{remb(3, 0x3ffff), 0x3ffff << 3, true},
		{remb(63, 1), 1 << 48, true},
		{remb(0, 0), 0, true},
		{remb(0, 1)[:19], 0, false},
		{[]byte{0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'X', 1, 0, 0, 0}, 0, false},
		{nil, 0, false},
	} {
		if bps, ok := parseREMB(tt.packet); bps != tt.bps || ok != tt.ok {
			t.Errorf("%x: got %d %v, want %d %v", tt.packet, bps, ok, tt.bps, tt.ok)
		}
	}
}
