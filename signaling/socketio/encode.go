package socketio

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/digierapro/parley/signaling/socketio/engineio"
)

// placeholder stands in the JSON where binary data belongs.
type placeholder struct {
	Placeholder bool `json:"_placeholder"`
	Num         int  `json:"num"`
}

// encodeEvent makes an EVENT. offset is the trailing argument for recovery, if not empty.
func encodeEvent(namespace string, id int64, name string, args []any, offset string) (*engineio.Message, error) {
	if reservedNames[name] {
		return nil, fmt.Errorf("socketio: event name %q is reserved", name)
	}
	all := make([]any, 0, len(args)+2)
	all = append(append(all, name), args...)
	if offset != "" {
		all = append(all, offset)
	}
	return encodeArray(typeEvent, typeBinaryEvent, namespace, id, all)
}

// encodeArray makes an EVENT or ACK, of the binary kind if there is []byte among the arguments.
func encodeArray(plain, binary packetType, namespace string, id int64, args []any) (*engineio.Message, error) {
	var attachments [][]byte
	if hasBinary(args) {
		args = extractBinary(args, &attachments).([]any)
	}
	body, err := marshalArray(args)
	if err != nil {
		return nil, fmt.Errorf("socketio: encode: %w", err)
	}
	typ := plain
	if len(attachments) > 0 {
		typ = binary
	}
	buf := engineio.NewBuffer(len(body) + len(namespace) + 24)
	buf = appendHeader(buf, typ, len(attachments), namespace, id)
	return engineio.FromBuffer(append(buf, body...), attachments...), nil
}

// encodeObject makes a CONNECT, DISCONNECT or CONNECT_ERROR.
func encodeObject(typ packetType, namespace string, v any) (*engineio.Message, error) {
	buf := appendHeader(engineio.NewBuffer(64+len(namespace)), typ, 0, namespace, noID)
	if v == nil {
		return engineio.FromBuffer(buf), nil
	}
	body, err := marshal(v)
	if err != nil {
		return nil, fmt.Errorf("socketio: encode: %w", err)
	}
	return engineio.FromBuffer(append(buf, body...)), nil
}

func appendHeader(buf []byte, typ packetType, attachments int, namespace string, id int64) []byte {
	buf = append(buf, byte(typ))
	if attachments > 0 {
		buf = strconv.AppendInt(buf, int64(attachments), 10)
		buf = append(buf, '-')
	}
	if namespace != "/" {
		buf = append(buf, namespace...)
		buf = append(buf, ',')
	}
	if id != noID {
		buf = strconv.AppendInt(buf, id, 10)
	}
	return buf
}

// marshalArray is marshal for arguments. Those that are encoded already, as what goes to many is, are taken as they are.
func marshalArray(args []any) ([]byte, error) {
	size := 2
	for _, a := range args {
		if raw, ok := a.(json.RawMessage); ok {
			size += len(raw)
		}
		size += 32
	}
	body := append(make([]byte, 0, size), '[')
	for i, a := range args {
		if i > 0 {
			body = append(body, ',')
		}
		raw, ok := a.(json.RawMessage)
		if !ok || len(raw) == 0 {
			var err error
			if raw, err = marshal(a); err != nil {
				return nil, err
			}
		}
		body = append(body, raw...)
	}
	return append(body, ']'), nil
}

// marshal is json.Marshal without the escapes that are only for HTML.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte{'\n'}), nil
}

// hasBinary looks for []byte in values made of any.
func hasBinary(v any) bool {
	switch v := v.(type) {
	case []byte:
		return true
	case []any:
		for _, e := range v {
			if hasBinary(e) {
				return true
			}
		}
	case map[string]any:
		for _, e := range v {
			if hasBinary(e) {
				return true
			}
		}
	}
	return false
}

// extractBinary copies v with placeholders in the place of []byte.
func extractBinary(v any, attachments *[][]byte) any {
	switch v := v.(type) {
	case []byte:
		*attachments = append(*attachments, v)
		return placeholder{true, len(*attachments) - 1}
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = extractBinary(e, attachments)
		}
		return c
	case map[string]any:
		c := make(map[string]any, len(v))
		for k, e := range v {
			c[k] = extractBinary(e, attachments)
		}
		return c
	default:
		return v
	}
}
