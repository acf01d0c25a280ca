package doctor

import "net"

// mediaPort sees whether browsers take media at a port at all. Chromium, and what is built on it or its WebRTC, drops every
// address with a port below 1024 that it is told of, but for 80 and 443 where the address is public. No relay helps: the
// addresses behind it are looked at, too.
func mediaPort(port string, public bool) (bad Finding, ok bool) {
	n, err := net.LookupPort("udp", port)
	switch {
	case err != nil || n == 0 || n >= 1024: // a wrong one is another check's, and 0 is any that is free
		return Finding{}, true
	case n != 80 && n != 443:
		return fail("Chrome, Edge and other browsers take no audio and video at port %d, nor at any other below 1024 but 80 and 443. Set server.listen to 443, or to a port from 1024 on.", n), false
	case !public:
		return fail("Chrome, Edge and other browsers take audio and video at port %d of public addresses only, and there are none here. Set server.listen to a port from 1024 on, or media.publicIp to a public address.", n), false
	}
	return Finding{}, true
}
