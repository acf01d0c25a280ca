package socketio

import (
	"errors"
	"strings"
	"testing"
)

func TestParsePacket(t *testing.T) {
	for _, tt := range []struct {
		text      string
		namespace string
		id        int64
		name      string
		args      string
		err       error
	}{
		{text: `0`, namespace: "/", id: noID},
		{text: `0{"a":1}`, namespace: "/", id: noID},
		{text: `0/admin`, namespace: "/admin", id: noID},
		{text: `0/admin,{"a":1}`, namespace: "/admin", id: noID},
		{text: `1/admin,`, namespace: "/admin", id: noID},
		{text: `2["a"]`, namespace: "/", id: noID, name: "a"},
		{text: `2["a",1,"2",{"3":[true]}]`, namespace: "/", id: noID, name: "a", args: `1 "2" {"3":[true]}`},
		{text: `212["a"]`, namespace: "/", id: 12, name: "a"},
		{text: `2/admin,456["a",[]]`, namespace: "/admin", id: 456, name: "a", args: `[]`},
		{text: `2[7,8]`, namespace: "/", id: noID, name: "7", args: `8`},
		{text: `2["\u0061"]`, namespace: "/", id: noID, name: "a"},
		{text: `30[]`, namespace: "/", id: 0},
		{text: `3/admin,999999999999999[1]`, namespace: "/admin", id: 999999999999999, args: `1`},
		{text: `52-/admin,1["a",{"_placeholder":true,"num":0}]`, namespace: "/admin", id: 1, name: "a", args: `{"_placeholder":true,"num":0}`},
		{text: `61-7[1]`, namespace: "/", id: 7, args: `1`},

		{text: ``, err: errType},
		{text: `abc`, err: errType},
		{text: `4{"message":"x"}`, err: errType},
		{text: `7`, err: errType},
		{text: `0[]`, err: errPayload},
		{text: `0"x"`, err: errPayload},
		{text: `0{`, err: errPayload},
		{text: `1{}`, err: errPayload},
		{text: `2`, err: errPayload},
		{text: `2{}`, err: errPayload},
		{text: `2null`, err: errPayload},
		{text: `2["a"`, err: errPayload},
		{text: `2["a"]]`, err: errPayload},
		{text: `2abc["a"]`, err: errPayload},
		{text: `2-1["a"]`, err: errPayload},
		{text: `2[]`, err: errEventName},
		{text: `2[null]`, err: errEventName},
		{text: `2[{}]`, err: errEventName},
		{text: `2[["a"]]`, err: errEventName},
		{text: `2["connect"]`, err: errEventName},
		{text: `2["connect_error"]`, err: errEventName},
		{text: `2["disconnect"]`, err: errEventName},
		{text: `2["disconnecting"]`, err: errEventName},
		{text: `2["newListener"]`, err: errEventName},
		{text: `2["removeListener"]`, err: errEventName},
		{text: `2["\u0063onnect"]`, err: errEventName},
		{text: `21234567890123456["a"]`, err: errAckID},
		{text: `3[]`, err: errAckID},
		{text: `31{}`, err: errPayload},
		{text: `5["a"]`, err: errAttachments},
		{text: `5-["a"]`, err: errAttachments},
		{text: `5x-["a"]`, err: errAttachments},
		{text: `511-["a"]`, err: errAttachments},
		{text: `50000-["a"]`, err: errAttachments},
		{text: `2/` + strings.Repeat("n", 200) + `,["a"]`, err: errNamespace},
		{text: `2["a",` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `]`, namespace: "/", id: noID, name: "a",
			args: strings.Repeat("[", 31) + strings.Repeat("]", 31)},
		{text: `2["a",` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `]`, err: errDepth},
		{text: `2["a","` + strings.Repeat(`[\"`, 99) + `"]`, namespace: "/", id: noID, name: "a", args: `"` + strings.Repeat(`[\"`, 99) + `"`},
		{text: `0` + strings.Repeat(`{"a":`, 33), err: errDepth},
	} {
		p, err := parsePacket([]byte(tt.text), 32, 10)
		if !errors.Is(err, tt.err) {
			t.Errorf("%.60s: error %v, want %v", tt.text, err, tt.err)
			continue
		}
		if err != nil {
			continue
		}
		var args []string
		for _, a := range p.args {
			args = append(args, string(a))
		}
		if got := strings.Join(args, " "); p.namespace != tt.namespace || p.id != tt.id || p.name != tt.name || got != tt.args {
			t.Errorf("%.60s: namespace %q, id %d, name %q, args %q", tt.text, p.namespace, p.id, p.name, got)
		}
	}
}

// FuzzParsePacket checks that an event that was parsed, written again, is parsed to the same.
func FuzzParsePacket(f *testing.F) {
	for _, seed := range []string{
		`0{"token":"x"}`, `1/a,`, `2["a",{"b":[1,"\ud800"]}]`, `2/a,12["a",1e400]`, `52-["a",{"_placeholder":true,"num":1}]`,
		`31[null]`, `2["connect"]`, `2[[[[[`, `5-`, `6999-`, "2[\"\\u00e9\xc3\xa9\"]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePacket([]byte(text), 32, 10)
		if err != nil || p.typ != typeEvent {
			return
		}
		p.Values()
		args := make([]any, len(p.args))
		for i, a := range p.args {
			args[i] = a
		}
		m, err := encodeEvent(p.namespace, p.id, p.name, args, "")
		if err != nil {
			t.Fatalf("%q cannot be encoded: %v", text, err)
		}
		if m.Size() == 0 {
			t.Fatal("an empty message")
		}
	})
}

// FuzzAttachments feeds a binary event and its attachments to a connection's decoder.
func FuzzAttachments(f *testing.F) {
	f.Add(`51-["a",{"_placeholder":true,"num":0}]`, []byte{1}, uint8(1))
	f.Add(`52-["a",{"_placeholder":true,"num":-1}]`, []byte{}, uint8(2))
	f.Add(`50-["a",{"_placeholder":true,"num":1e99}]`, []byte{}, uint8(0))
	f.Add(`51-["a",{"_placeholder":true}]`, []byte{}, uint8(3))
	srv := &Server{cfg: Config{}.withDefaults()}
	f.Fuzz(func(t *testing.T, text string, attachment []byte, n uint8) {
		c := &client{srv: srv}
		p, err := c.decode([]byte(text), false)
		for range n % 12 {
			if err != nil || p != nil {
				break
			}
			p, err = c.decode(attachment, true)
		}
		if err == nil && p != nil {
			p.Values()
		}
	})
}
