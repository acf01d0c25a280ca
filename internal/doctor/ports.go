package doctor

import (
	"context"
	"errors"
	"net"
	"syscall"
)

// portAdvice is for a port that cannot be opened.
func portAdvice(err error, protocol, listen, key string) Finding {
	switch {
	case errors.Is(err, syscall.EACCES):
		return fail("%s port %s may not be opened by this user: ports under 1024 need AmbientCapabilities=CAP_NET_BIND_SERVICE in the service. Give it that, or change %s.", protocol, listen, key)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fail("%s port %s cannot be opened: the address is not one of this machine's. Correct %s; behind NAT name the public address in media.publicIp.", protocol, listen, key)
	}
	return fail("%s port %s cannot be opened: %s. Correct %s.", protocol, listen, reason(err), key)
}

// checkTCPPort opens the port, or finds the server that has it open.
func checkTCPPort(listen, key string, own *Target) Check {
	return Check{Name: "TCP port", Run: func(ctx context.Context) Finding {
		port, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
		if err == nil {
			_ = port.Close()
			return fine("%s is free; the server does not run", listen)
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return portAdvice(err, "TCP", listen, key)
		}
		h, err := own.health(ctx)
		if err != nil {
			return fail("TCP port %s is taken by another program. Find it with `ss -ltnp` and stop it, or change %s.", listen, key)
		}
		if h.Status != "UP" {
			return warn("The server runs on %s and says %s: %s. See its log.", listen, h.Status, h.down())
		}
		return fine("the server answers on %s", listen)
	}}
}

// checkUDPPort opens the port, or asks the server that has it open.
func checkUDPPort(listen string, own *Target) Check {
	return Check{Name: "UDP port", Run: func(ctx context.Context) Finding {
		port, err := new(net.ListenConfig).ListenPacket(ctx, "udp", listen)
		if err == nil {
			_ = port.Close()
			return fine("%s is free; the server does not run", listen)
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return portAdvice(err, "UDP", listen, "server.listen")
		}
		h, err := own.health(ctx)
		switch {
		case err != nil:
			return fail("UDP port %s is taken by another program. Find it with `ss -lunp` and stop it, or change server.listen.", listen)
		case h.Checks["media"] != "UP":
			return fail("The server runs, but its media port %s does not work. See its log, and start it again.", listen)
		}
		return fine("the server has it open on %s", listen)
	}}
}
