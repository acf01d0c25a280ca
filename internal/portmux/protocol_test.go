package portmux

import (
	"encoding/binary"
	"testing"
)

// stun is a message with a body of n bytes.
func stun(kind uint16, n int) []byte {
	b := make([]byte, stunHeader+n)
	binary.BigEndian.PutUint16(b, kind)
	binary.BigEndian.PutUint16(b[2:], uint16(n))
	binary.BigEndian.PutUint32(b[4:], stunCookie)
	return b
}

// framed puts a length before a packet (RFC 4571).
func framed(packet []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...)
}

func TestJudge(t *testing.T) {
	tests := map[string]struct {
		head []byte
		want verdict
		at   int // bytes that are enough
	}{
		"HTTP":                      {[]byte("GET / HTTP/1.1\r\n"), isHTTP, 1},
		"HTTP of another method":    {[]byte("BREW /pot"), isHTTP, 1},
		"HTTP after a line break":   {[]byte("\r\nGET / HT"), isHTTP, 1},
		"HTTP/2":                    {[]byte("PRI * HTTP/2.0"), isHTTP, 1},
		"TLS":                       {[]byte{0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3}, isTLS, 2},
		"no TLS":                    {[]byte{0x16, 2}, isUnknown, 2},
		"Allocate":                  {stun(0x0003, 8), isSTUN, 8},
		"Binding":                   {stun(bindingRequest, 0), isSTUN, 8},
		"a long message":            {stun(0x0003, 1500), isSTUN, 8},
		"ICE":                       {framed(stun(bindingRequest, 80)), isFramedSTUN, 10},
		"a long check":              {framed(stun(bindingRequest, 1200)), isFramedSTUN, 10},
		"ICE with another length":   {append([]byte{0, 99}, stun(bindingRequest, 80)...), isUnknown, 10},
		"a framed Allocate":         {framed(stun(0x0003, 80)), isUnknown, 10},
		"framed, not STUN":          {framed([]byte("0123456789")), isUnknown, 10},
		"no cookie":                 {make([]byte, 10), isUnknown, 10},
		"ChannelData":               {[]byte{0x40, 0, 0, 1, 0}, isHTTP, 1}, // which answers 400
		"DTLS":                      {[]byte{0x17, 0xfe, 0xfd}, isUnknown, 1},
		"high":                      {[]byte{0xff}, isUnknown, 1},
		"delete":                    {[]byte{0x7f}, isUnknown, 1},
		"a type that is not STUN's": {[]byte{0x08}, isUnknown, 1},
	}
	for name, tt := range tests {
		for n := range headBytes + 1 {
			want := undecided
			if n >= tt.at {
				want = tt.want
			}
			if n > len(tt.head) {
				break
			}
			if got := judge(tt.head[:n]); got != want {
				t.Errorf("%s: %d bytes: got %d, want %d", name, n, got, want)
			}
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add([]byte("GET / HTTP"))
	f.Add(framed(stun(bindingRequest, 8)))
	f.Fuzz(func(t *testing.T, data []byte) {
		decided := undecided
		for n := range min(len(data), headBytes) + 1 {
			v := judge(data[:n])
			if decided != undecided && v != decided {
				t.Fatalf("% x: %d after %d bytes, and %d before", data, v, n, decided)
			}
			decided = v
		}
		if len(data) >= headBytes && decided == undecided {
			t.Fatalf("% x: undecided", data)
		}
	})
}
