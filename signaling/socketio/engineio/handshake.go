package engineio

import (
	"crypto/sha1" //nolint:gosec // what the protocol says
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"
)

var errHandshake = errors.New("engineio: not the handshake of a WebSocket")

// isWebSocketUpgrade tells whether a request wants to become a WebSocket.
func isWebSocketUpgrade(r *http.Request) bool {
	return hasToken(r.Header, "Connection", "upgrade") && hasToken(r.Header, "Upgrade", "websocket")
}

// upgradeHTTP makes a request's connection a WebSocket (RFC 6455, 4.2). When it fails, the request has its answer.
func (s *Session) upgradeHTTP(w http.ResponseWriter, r *http.Request) (*wsConn, error) {
	key := r.Header.Get("Sec-Websocket-Key")
	nonce, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(nonce) != 16 || r.Method != http.MethodGet || !hasToken(r.Header, "Sec-Websocket-Version", "13") {
		errBadRequest.write(w)
		return nil, errHandshake
	}
	netConn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		errBadRequest.write(w)
		return nil, err
	}
	conn := newWSConn(s, netConn)
	if rw.Reader.Buffered() > 0 { // before it could know what we answer
		conn.abort()
		return nil, errHandshake
	}
	err = netConn.SetDeadline(time.Time{}) // the HTTP server's
	if err == nil {
		err = conn.writeFrames([][]byte{switching(key)}, s.srv.cfg.WriteTimeout)
	}
	if err != nil {
		conn.abort()
		return nil, err
	}
	return conn, nil
}

// switching is the answer to a handshake.
func switching(key string) []byte {
	accept := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // what the protocol says
	b := append(make([]byte, 0, 160), "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	b = base64.StdEncoding.AppendEncode(b, accept[:])
	return append(b, "\r\n\r\n"...)
}

// hasToken tells whether a header's comma-separated values have a token.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for value := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(value), token) {
				return true
			}
		}
	}
	return false
}
