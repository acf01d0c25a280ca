package loadtest

import "time"

const (
	audioEvery = 20 * time.Millisecond
	audioBytes = 80
	opusClock  = 48_000

	levelSpeech  = 0x80 | 20 // voice, -20 dBov
	levelSilence = 127
)

// microphone sends Opus, 50 packets a second, whether it speaks or not, as browsers do.
type microphone struct {
	stream  stream
	level   int
	payload [audioBytes]byte
}

func newMicrophone(c *client, talks bool) *microphone {
	m := &microphone{level: levelSilence}
	if talks {
		m.level = levelSpeech
	}
	m.stream = stream{
		c: c, ssrc: c.random.Uint32() | 1, payloadType: payloadOpus, clockRate: opusClock,
		sequence: uint16(c.random.Uint32()), start: c.random.Uint32(),
	}
	m.stream.timestamp = m.stream.start
	for i := range m.payload {
		m.payload[i] = byte(c.random.Uint32())
	}
	m.payload[0] = 0x78 // Opus TOC: CELT, fullband, 20 ms, mono, one frame
	return m
}

func (m *microphone) run(l *loop, due time.Duration) time.Duration {
	l.noteLateness(due)
	m.stream.send(l, m.payload[:], m.stream.timestamp+opusClock/50, false, m.level)
	return keepPace(due + audioEvery)
}

// maxBehind is how late a source may be before it leaves out what it missed, rather than send it all at once.
const maxBehind = 100 * time.Millisecond

func keepPace(next time.Duration) time.Duration { return max(next, monotonic()-maxBehind) }

func (l *loop) noteLateness(due time.Duration) {
	if l.measuring {
		l.lateness.add(monotonic() - due)
	}
}
