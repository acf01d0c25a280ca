package redis

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/digierapro/parley/internal/bus"
)

func TestMessages(t *testing.T) {
	node := nodeID{1, 2, 3, 4, 5, 6, 7, 8}
	for _, e := range []bus.Event{
		{Name: "x"},
		{Name: "newMessage", Data: []byte(`{"a":"é"}`), Class: bus.Durable},
		{Name: strings.Repeat("n", maxText), Key: strings.Repeat("k", maxText), Data: []byte(`1`), Class: bus.State},
	} {
		from, got, err := decode(string(encode(nil, node, e)))
		if err != nil || from != node || !reflect.DeepEqual(got, e) {
			t.Errorf("%+v of %v: %v", got, from, err)
		}
	}
	good := string(encode(nil, node, bus.Event{Name: "x", Key: "k", Data: []byte(`{}`)}))
	for i := range len(good) - len(`{}`) {
		if _, _, err := decode(good[:i]); err == nil {
			t.Errorf("%d of %d bytes are taken for a message", i, len(good))
		}
	}
	for name, message := range map[string]string{
		"an endless length": "\x01nodenode\x00" + strings.Repeat("\xff", 12),
		"a long name":       string(encode(nil, node, bus.Event{Name: strings.Repeat("n", maxText+1)})),
		"no name":           string(encode(nil, node, bus.Event{})),
		"no class":          string(encode(nil, node, bus.Event{Name: "x", Class: 3})),
		"no JSON":           good + "}",
	} {
		if _, _, err := decode(message); !errors.Is(err, errMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := decode("\x02" + good[1:]); !errors.Is(err, errVersion) {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(string(encode(nil, nodeID{1}, bus.Event{Name: "x", Key: "k", Data: []byte(`{}`)})))
	f.Fuzz(func(t *testing.T, message string) {
		node, e, err := decode(message)
		if err != nil {
			return
		}
		again, same, err := decode(string(encode(nil, node, e)))
		if err != nil || again != node || !reflect.DeepEqual(e, same) {
			t.Errorf("%+v became %+v: %v", e, same, err)
		}
	})
}
