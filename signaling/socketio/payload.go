package socketio

import (
	"bytes"
	"encoding/json"
)

// Payload is what an event or an ack carries.
type Payload struct {
	args   []json.RawMessage
	binary [][]byte
}

// Args are the arguments as JSON. Where one holds binary data, there is a placeholder, {"_placeholder":true,"num":n},
// for Binary()[n].
func (p *Payload) Args() []json.RawMessage { return p.args }

// Binary are the binary attachments.
func (p *Payload) Binary() [][]byte { return p.binary }

// Values are the arguments decoded, with binary data as []byte in its place and numbers as json.Number.
func (p *Payload) Values() []any {
	values := make([]any, len(p.args))
	for i, arg := range p.args {
		v, err := decodeValue(arg)
		if err != nil {
			continue // cannot be: the arguments were parsed when they came
		}
		values[i], _ = p.restore(v)
	}
	return values
}

// checkPlaceholders reports whether every placeholder has its attachment.
func (p *Payload) checkPlaceholders() error {
	for _, arg := range p.args {
		if !bytes.Contains(arg, []byte(`_placeholder`)) {
			continue
		}
		v, err := decodeValue(arg)
		if err != nil {
			return errPayload
		}
		if _, ok := p.restore(v); !ok {
			return errAttachments
		}
	}
	return nil
}

func decodeValue(arg json.RawMessage) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(arg))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

// restore puts attachments in the place of their placeholders; v is at most as deep as a packet may be.
func (p *Payload) restore(v any) (any, bool) {
	ok := true
	switch v := v.(type) {
	case []any:
		for i := range v {
			var fine bool
			v[i], fine = p.restore(v[i])
			ok = ok && fine
		}
	case map[string]any:
		if v["_placeholder"] == true {
			return p.attachment(v["num"])
		}
		for k := range v {
			var fine bool
			v[k], fine = p.restore(v[k])
			ok = ok && fine
		}
	}
	return v, ok
}

func (p *Payload) attachment(num any) (any, bool) {
	number, ok := num.(json.Number)
	if !ok {
		return nil, false
	}
	n, err := number.Int64()
	if err != nil || n < 0 || n >= int64(len(p.binary)) {
		return nil, false
	}
	return p.binary[n], true
}
