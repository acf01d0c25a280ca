package engineio

import (
	"bytes"
	"errors"
	"testing"
)

func TestParsePayload(t *testing.T) {
	text := func(typ byte, s string) packet { return packet{typ: typ, data: []byte(s)} }
	for _, tt := range []struct {
		name, body string
		want       []packet
		err        error
	}{
		{"one", "4hello", []packet{text('4', "hello")}, nil},
		{"several", "4a\x1e3\x1e4", []packet{text('4', "a"), text('3', ""), text('4', "")}, nil},
		{"binary", "4a\x1ebAQIDBA==", []packet{text('4', "a"), {typ: '4', binary: true, data: []byte{1, 2, 3, 4}}}, nil},
		{"binary without padding", "bAQIDBA", []packet{{typ: '4', binary: true, data: []byte{1, 2, 3, 4}}}, nil},
		{"empty binary", "b", []packet{{typ: '4', binary: true, data: []byte{}}}, nil},
		{"empty", "", nil, errEmptyPacket},
		{"empty at the end", "4a\x1e", nil, errEmptyPacket},
		{"empty in the middle", "4a\x1e\x1e4b", nil, errEmptyPacket},
		{"unknown type", "abc", nil, errPacketType},
		{"unknown digit", "7", nil, errPacketType},
		{"not base64", "b?", nil, errBase64},
		{"not UTF-8", "4\xff\xfe", nil, errNotUTF8},
		{"too many", "4\x1e4\x1e4\x1e4\x1e4", nil, errTooManyInBody},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parsePayload([]byte(tt.body), 4)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want %v", err, tt.err)
			}
			if len(got) != len(tt.want) {
				t.Fatalf("%d packets, want %d", len(got), len(tt.want))
			}
			for i, p := range got {
				w := tt.want[i]
				if p.typ != w.typ || p.binary != w.binary || !bytes.Equal(p.data, w.data) {
					t.Errorf("packet %d is %+v, want %+v", i, p, w)
				}
			}
		})
	}
}

// FuzzParsePayload checks that what was parsed, written again, is parsed to the same.
func FuzzParsePayload(f *testing.F) {
	for _, seed := range []string{"4hello", "2probe", "4a\x1ebAQID\x1e3", "", "\x1e", "b=", "4\xff", "6\x1e6\x1e6"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		packets, err := parsePayload(body, 100)
		if err != nil {
			return
		}
		var again []byte
		for _, p := range packets {
			m := newControl(string(p.typ) + string(p.data))
			if p.binary {
				m = NewBinary(p.data)
			}
			again = m.appendPolling(again)
		}
		reparsed, err := parsePayload(again, 100)
		if err != nil || len(reparsed) != len(packets) {
			t.Fatalf("%q became %q: %v", body, again, err)
		}
		for i, p := range packets {
			if r := reparsed[i]; r.typ != p.typ || r.binary != p.binary || !bytes.Equal(r.data, p.data) {
				t.Fatalf("packet %d: %+v became %+v", i, p, r)
			}
		}
	})
}
