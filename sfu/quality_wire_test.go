package sfu_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"

	"github.com/digierapro/parley/sfu"
)

// everyNth loses one in n packets of every stream for good, away from or towards the client's own stack.
type everyNth struct {
	interceptor.NoOp
	n        uint16
	incoming bool
}

func (e *everyNth) NewInterceptor(string) (interceptor.Interceptor, error) { return e, nil }

func (e *everyNth) BindLocalStream(_ *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if !e.incoming && h.SequenceNumber%e.n == 0 {
			return len(payload), nil
		}
		return w.Write(h, payload, a)
	})
}

func (e *everyNth) BindRemoteStream(_ *interceptor.StreamInfo, r interceptor.RTPReader) interceptor.RTPReader {
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		for {
			n, a, err := r.Read(b, a)
			var h rtp.Header
			if err == nil && e.incoming {
				if _, perr := h.Unmarshal(b[:n]); perr == nil && h.SequenceNumber%e.n == 0 {
					continue
				}
			}
			return n, a, err
		}
	})
}

// judge keeps the newest judgement of each peer.
type judge struct {
	mu  sync.Mutex
	now map[string]sfu.Quality
}

func (j *judge) SpeakersChanged(sfu.Speakers) {}

func (j *judge) QualityMeasured(all []sfu.Quality) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, q := range all {
		j.now[q.PeerID] = q
	}
}

func (j *judge) of(peer string) sfu.Quality {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.now[peer]
}

// TestQualityOverTheWire: what real clients lose on their way up and down is named at the right one and the right way.
func TestQualityOverTheWire(t *testing.T) {
	srv := startServer(t)
	room := srv.NewRoom("room")
	j := &judge{now: make(map[string]sfu.Quality)}
	room.Observe(j)
	up := newBrowser(t, room, "up", browserOptions{publish: true, audio: 2, video: 2, interceptors: []interceptor.Factory{&everyNth{n: 7}}})
	down := newBrowser(t, room, "down", browserOptions{publish: true, audio: 2, video: 2, interceptors: []interceptor.Factory{&everyNth{n: 10, incoming: true}}})
	up.start()
	down.start()
	worse := func(p *sfu.Path, loss float64, words string) bool {
		return p != nil && p.Loss > loss-0.04 && p.Loss < loss+0.04 && p.Issue == sfu.PacketLoss && strings.HasPrefix(p.Cause, words) && p.MOS < 4.2
	}
	fine := func(p *sfu.Path) bool { return p != nil && p.Loss < 0.01 && p.Issue != sfu.PacketLoss }
	t.Cleanup(func() {
		for _, id := range []string{"up", "down"} {
			q := j.of(id)
			t.Logf("%s: up %+v, down %+v", id, q.Uplink, q.Downlink)
		}
	})
	eventually(t, "loss is named", func() bool {
		a, b := j.of("up"), j.of("down")
		return worse(a.Uplink, 1.0/7, "uplink loss 1") && worse(b.Downlink, 0.1, "downlink loss ") && fine(b.Uplink) && fine(a.Downlink)
	})
	if rtt := j.of("up").Uplink.RTT; rtt <= 0 || rtt > time.Second {
		t.Errorf("round trip %v", rtt)
	}
}
