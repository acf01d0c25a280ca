package portmux

import "encoding/binary"

// Protocol is what is spoken on a connection.
type Protocol int

// The protocols.
const (
	HTTP Protocol = iota
	HTTPS
	TURN
	TURNS // over TLS
	ICE
	ACME // a certificate authority has asked for the answer to its challenge, which was in the TLS handshake

	protocols = iota
)

// String is the protocol's name in metrics.
func (p Protocol) String() string {
	return [protocols]string{"http", "https", "turn_tcp", "turn_tls", "ice_tcp", "acme"}[p]
}

// Protocols lists all of them.
func Protocols() []Protocol {
	all := make([]Protocol, protocols)
	for i := range all {
		all[i] = Protocol(i)
	}
	return all
}

// Service is who takes connections.
type Service int

// The services. Web gets HTTP, and with TLS only HTTPS; then plain HTTP goes to PlainWeb.
const (
	Web Service = iota
	PlainWeb
	Relay        // TURN, with and without TLS
	Connectivity // ICE over TCP
)

// service is who takes connections of the protocol, if anybody may.
func (p Protocol) service(withTLS bool) (Service, bool) {
	switch p {
	case HTTP:
		if withTLS {
			return PlainWeb, true
		}
		return Web, true
	case HTTPS:
		return Web, true
	case TURN, TURNS:
		return Relay, true
	case ICE:
		return Connectivity, true
	}
	return 0, false
}

// headBytes is how many bytes decide in the longest case.
const headBytes = 10

const (
	stunHeader     = 20
	stunCookie     = 0x2112A442
	bindingRequest = 0x0001
)

// verdict is what the first bytes of a stream say.
type verdict int

const (
	undecided verdict = iota // more bytes are needed
	isUnknown
	isTLS
	isHTTP
	isSTUN
	isFramedSTUN
)

// judge looks at the first bytes of a stream. With headBytes of them it has decided.
func judge(head []byte) verdict {
	if len(head) == 0 {
		return undecided
	}
	switch first := head[0]; {
	case first == 0x16:
		return judgeTLS(head)
	case first >= 0x20 && first < 0x7f, first == '\r', first == '\n':
		return isHTTP
	case first < 8: // STUN's methods are below 0x080, and a Binding request is not as long as 2 KiB
		return judgeSTUN(head)
	}
	return isUnknown
}

func judgeTLS(head []byte) verdict {
	switch {
	case len(head) < 2:
		return undecided
	case head[1] == 3:
		return isTLS
	}
	return isUnknown
}

// judgeSTUN cannot find both: the cookie cannot stand at 4 and at 6.
func judgeSTUN(head []byte) verdict {
	if len(head) < 8 {
		return undecided
	}
	if binary.BigEndian.Uint32(head[4:]) == stunCookie {
		return isSTUN
	}
	if len(head) < headBytes {
		return undecided
	}
	frame, length := int(binary.BigEndian.Uint16(head)), int(binary.BigEndian.Uint16(head[4:]))
	if binary.BigEndian.Uint16(head[2:]) == bindingRequest && binary.BigEndian.Uint32(head[6:]) == stunCookie && frame == stunHeader+length {
		return isFramedSTUN
	}
	return isUnknown
}
