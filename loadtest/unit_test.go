package loadtest

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/digierapro/parley/sfu/codec"
	"github.com/digierapro/parley/sfu/rtpbuf"
)

func TestValidate(t *testing.T) {
	good := Config{Publishers: 1, Subscribers: 1, Duration: time.Second}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Config){
		"nobody publishes":     func(c *Config) { c.Publishers = 0 },
		"alone":                func(c *Config) { c.Subscribers = 0 },
		"negative":             func(c *Config) { c.Subscribers = -1 },
		"a crowd":              func(c *Config) { c.Subscribers = MaxParticipants },
		"no time":              func(c *Config) { c.Duration = 0 },
		"all day":              func(c *Config) { c.Duration = 24 * time.Hour },
		"warm-up back in time": func(c *Config) { c.WarmUp = -1 },
		"too many talk":        func(c *Config) { c.Talkers = 2 },
		"no bits":              func(c *Config) { c.VideoBitrate = 1 },
		"too many bits":        func(c *Config) { c.VideoBitrate = MaxVideoBitrate + 1 },
		"simulcast of sound":   func(c *Config) { c.AudioOnly, c.Simulcast = true, true },
		"an empty picture":     func(c *Config) { c.View = &Size{0, 1} },
		"too many slots":       func(c *Config) { c.VideoSlots = maxSlots + 1 },
		"rare reading":         func(c *Config) { c.ReadEvery = time.Second },
	} {
		c := good
		spoil(&c)
		if c.Validate() == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := Run(t.Context(), c, nil); err == nil {
			t.Errorf("%s: ran", name)
		}
	}
}

func TestIncomingCountsGapsOnce(t *testing.T) {
	var in incoming
	for _, sequence := range []uint16{65533, 65534, 0, 65535, 1, 1, 4, 70, 69} { // 2, 3 and 5 to 68 never come
		in.note(sequence)
	}
	received, lost, twice := in.measured()
	if received != 8 || lost != 66 || twice != 1 {
		t.Errorf("%d received, %d lost, %d twice; want 8, 66, 1", received, lost, twice)
	}
	in.beginMeasuring()
	for sequence := uint16(71); sequence < 200; sequence++ {
		in.note(sequence)
	}
	if received, lost, twice = in.measured(); received != 129 || lost != 0 || twice != 0 {
		t.Errorf("%d received, %d lost, %d twice; want 129, 0, 0", received, lost, twice)
	}
}

// The report is read back by another implementation.
func TestFeedbackTellsWhatCame(t *testing.T) {
	const start = 1_700_000_000_000_000_000
	var f feedback
	came := map[uint16]int64{65530: 0, 65531: 1, 65535: 5, 3: 7, 2: 90, 20: 400, 21: 400}
	sequences := []uint16{65530, 65531, 65535, 3, 2, 20, 21}
	for _, s := range sequences {
		f.note(s, start+came[s]*1e6)
	}
	raw := f.append(nil, 1, 2)
	var report rtcp.TransportLayerCC
	if err := report.Unmarshal(raw); err != nil {
		t.Fatal(err)
	}
	if report.BaseSequenceNumber != 65530 || report.PacketStatusCount != 28 || len(report.RecvDeltas) != len(sequences) {
		t.Fatalf("%+v", report)
	}
	at := int64(report.ReferenceTime) * 64_000
	order := []uint16{65530, 65531, 65535, 2, 3, 20, 21}
	first := at + report.RecvDeltas[0].Delta
	for i, d := range report.RecvDeltas {
		at += d.Delta
		if got := at - first - came[order[i]]*1000; got < -250 || got > 250 {
			t.Errorf("packet %d: %d µs off", order[i], got)
		}
	}
	f.note(25, start+500e6)
	report = rtcp.TransportLayerCC{}
	if err := report.Unmarshal(f.append(nil, 1, 2)); err != nil || report.BaseSequenceNumber != 22 || report.PacketStatusCount != 4 {
		t.Errorf("second report: %v, %+v", err, report)
	}
}

func TestPacketsAreWellFormed(t *testing.T) {
	c := &client{random: rand.New(rand.NewPCG(1, 2))}
	cam := newCamera(c, 1_200_000, true, false)
	v := cam.layers[2]
	v.stream.mid = "1"
	for _, wantKeyFrame := range []bool{true, false} {
		v.beginFrame(0)
		b := v.scratch[:v.remaining/v.packets]
		v.writeHeaders(b)
		d, ok := codec.Describe(codec.VP8, b)
		if !ok || d.KeyStart != wantKeyFrame || !d.VP8.HasPictureID || !d.VP8.HasTL0 || !d.VP8.HasTID {
			t.Fatalf("key frame %v: %+v", wantKeyFrame, d)
		}
		if wantKeyFrame && (d.Width != fullWidth || d.Height != fullHeight) {
			t.Errorf("size %dx%d", d.Width, d.Height)
		}
	}
	if v.packets != 5 || v.remaining != 5000 {
		t.Errorf("a frame of %d bytes in %d packets, want 5000 in 5", v.remaining, v.packets)
	}
	raw := c.appendHeader(nil, &outPacket{
		ssrc: 7, payloadType: payloadVP8, marker: true, sequence: 9, timestamp: 8, mid: "1", rid: "f", ridExt: extRID, level: 5,
	}, time.Now().UnixNano())
	h, ok := rtpbuf.ParseHeader(append(slices.Clip(raw), 1, 2, 3))
	if !ok || h.SSRC != 7 || h.Sequence != 9 || !h.Marker || len(h.Payload) != 3 {
		t.Fatalf("%+v", h)
	}
	found := map[uint8]string{}
	for id, value, rest := h.NextExtension(h.Extensions()); id != 0; id, value, rest = h.NextExtension(rest) {
		found[id] = string(value)
	}
	if found[extMID] != "1" || found[extRID] != "f" || found[extAudioLevel] != "\x05" || len(found[extAbsSendTime]) != 3 {
		t.Errorf("extensions %q", found)
	}
	if sequence, ok := transportSequence(raw); !ok || sequence != 0 {
		t.Errorf("transport-wide number %d, %v", sequence, ok)
	}
}

func TestTransportSequenceOfBrokenHeaders(t *testing.T) {
	good := []byte{0x90, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0xbe, 0xde, 0, 1, extTransportCC<<4 | 1, 1, 2, 0}
	if sequence, ok := transportSequence(good); !ok || sequence != 0x102 {
		t.Fatalf("%d, %v", sequence, ok)
	}
	for n := headerSize; n < len(good); n++ {
		if _, ok := transportSequence(good[:n:n]); ok {
			t.Errorf("found in %d bytes", n)
		}
	}
	long := slices.Clone(good)
	long[16] = extTransportCC<<4 | 15
	transportSequence(long) // must not panic
}

func TestTasksRunInOrder(t *testing.T) {
	l := &loop{}
	var order []int
	for _, at := range []int{5, 3, 9, 1, 7} {
		l.schedule(time.Duration(at), note{&order, at})
	}
	l.drop(func(t task) bool { return t.(note).at == 9 })
	l.runDue()
	if !slices.Equal(order, []int{1, 3, 5, 7}) || len(l.tasks) != 0 {
		t.Errorf("order %v, %d left", order, len(l.tasks))
	}
}

type note struct {
	order *[]int
	at    int
}

func (n note) run(*loop, time.Duration) time.Duration { *n.order = append(*n.order, n.at); return 0 }

func TestAnswersThatCannotBeUsed(t *testing.T) {
	for _, text := range []string{"", "nonsense", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"} {
		if _, err := parseAnswer(text); err == nil {
			t.Errorf("%q accepted", text)
		}
	}
	if _, ok := parseCandidate("1 1 udp 1 192.0.2.7 70000 typ host"); ok {
		t.Error("port 70000 accepted")
	}
	if _, ok := parseCandidate("1 1 tcp 1 192.0.2.7 9 typ host"); ok {
		t.Error("TCP accepted")
	}
}
