package engineio

import (
	"bufio"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

// noWriteBuffers is the pool of the WebSocket library's write buffers. It writes no message, so it stays empty.
var noWriteBuffers sync.Pool

// hijacker finds the connection also behind what wraps the response.
type hijacker struct{ http.ResponseWriter }

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(h.ResponseWriter).Hijack()
}

// upgradeHTTP makes a request's connection a WebSocket. The library's part ends with the handshake: its connection, with a
// buffer each, is let go. When it fails, the request has its answer.
func (s *Session) upgradeHTTP(w http.ResponseWriter, r *http.Request) (*wsConn, error) {
	upgrader := websocket.Upgrader{
		HandshakeTimeout: s.srv.cfg.WriteTimeout,
		WriteBufferPool:  &noWriteBuffers,
		CheckOrigin:      func(*http.Request) bool { return true }, // checked for both transports in ServeHTTP
		Error: func(w http.ResponseWriter, _ *http.Request, _ int, _ error) {
			errBadRequest.write(w)
		},
	}
	ws, err := upgrader.Upgrade(hijacker{w}, r, nil)
	if err != nil {
		return nil, err
	}
	return newWSConn(s, ws.NetConn()), nil
}
