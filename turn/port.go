package turn

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// ServeUDP serves a UDP port of TURN's own until ctx ends, and closes it. Packets cost more there than on the media's
// port, where they go in batches.
func (s *Server) ServeUDP(ctx context.Context, port *net.UDPConn) error {
	stop := context.AfterFunc(ctx, func() { _ = port.Close() })
	defer stop()
	buf := make([]byte, 2048)
	for {
		n, from, err := port.ReadFromUDPAddrPort(buf)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("TURN over UDP: %w", err)
		case err == nil: // else it is about a datagram that we sent
			s.handle(source{via: s.media, client: unmap(from), port: port}, buf[:n])
		}
	}
}
