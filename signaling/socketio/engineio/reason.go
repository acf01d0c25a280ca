package engineio

// Reason says why a session ended.
type Reason uint8

// The reasons; their texts are those of the reference implementation where it has the case.
const (
	TransportClose Reason = iota // the client closed the transport or said goodbye
	TransportError               // the transport broke
	ForcedClose                  // the application closed the session
	PingTimeout
	ParseError   // bytes that are no packet, or a packet that is not allowed
	TooLarge     // a message above MaxPayload
	RateLimit    // more packets than PacketsPerSecond allows
	SlowConsumer // the send queue ran over
	ServerClose  // Server.Close
	HandlerPanic
	reasonCount
)

var reasonTexts = [reasonCount]string{
	TransportClose: "transport close",
	TransportError: "transport error",
	ForcedClose:    "forced close",
	PingTimeout:    "ping timeout",
	ParseError:     "parse error",
	TooLarge:       "message too large",
	RateLimit:      "rate limit",
	SlowConsumer:   "slow consumer",
	ServerClose:    "server shutting down",
	HandlerPanic:   "internal error",
}

// Reasons lists every reason, for who exports Stats.
func Reasons() []Reason {
	all := make([]Reason, reasonCount)
	for i := range all {
		all[i] = Reason(i)
	}
	return all
}

func (r Reason) String() string {
	if r >= reasonCount {
		return "unknown"
	}
	return reasonTexts[r]
}

// closeCode is the WebSocket close code that tells a client of the reason. 4008 is ours: the client was too slow.
func (r Reason) closeCode() int {
	switch r {
	case ServerClose:
		return 1001
	case ParseError:
		return 1002
	case TooLarge:
		return 1009
	case RateLimit:
		return 1008
	case HandlerPanic:
		return 1011
	case SlowConsumer:
		return 4008
	default:
		return 1000
	}
}
