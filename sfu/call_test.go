package sfu_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/sfu"
)

func TestThreeClientsInACall(t *testing.T) {
	srv := startServer(t)
	room := srv.NewRoom("room")
	var all []*browser
	for _, id := range []string{"alice", "bob", "carol"} {
		b := newBrowser(t, room, id, browserOptions{publish: true, audio: 2, video: 2})
		b.start()
		all = append(all, b)
	}
	each := func(f func(b, other *browser)) {
		for _, b := range all {
			for _, other := range all {
				if b != other {
					f(b, other)
				}
			}
		}
	}
	each(func(b, other *browser) {
		for _, source := range []sfu.Source{sfu.Microphone, sfu.Camera} {
			eventually(t, fmt.Sprintf("%s receives the %s of %s", b.id, source, other.id), func() bool {
				mid := b.midOf(other.id, source)
				return mid != "" && len(b.packets(mid)) > 30
			})
		}
	})
	for _, width := range []int{320, 1280, 640, 320} {
		each(func(b, other *browser) {
			if err := b.peer.SetViews([]sfu.View{
				{PeerID: all[0].id, Source: sfu.Camera, Width: width, Height: width * 9 / 16},
				{PeerID: all[1].id, Source: sfu.Camera, Width: width, Height: width * 9 / 16},
				{PeerID: all[2].id, Source: sfu.Camera, Width: width, Height: width * 9 / 16},
			}); err != nil {
				t.Fatal(err)
			}
		})
		each(func(b, other *browser) {
			eventually(t, fmt.Sprintf("%s sees %s at %d", b.id, other.id, width), func() bool {
				return b.lastWidth(b.midOf(other.id, sfu.Camera)) == width
			})
		})
	}
	each(func(b, other *browser) {
		if err := b.continuous(b.midOf(other.id, sfu.Camera)); err != nil {
			t.Errorf("%s of %s: %v", b.id, other.id, err)
		}
		for _, p := range b.packets(b.midOf(other.id, sfu.Camera)) {
			if len(p.header.CSRC) != 1 || p.header.CSRC[0] != sfu.Seat(other.id) {
				t.Fatalf("contributing sources %v", p.header.CSRC)
			}
		}
	})
	eventually(t, "round trips are measured", func() bool { return all[0].peer.RTT() > 0 })
	testMute(t, all)
	testLeave(t, room, all)
	if d := srv.Stats().Dropped; d["no_codec"]+d["payload_type"]+d["payload"]+d["unmapped"] > 0 {
		t.Errorf("dropped %v", d)
	}
}

// testMute: nothing of a muted source goes out, and it comes back.
func testMute(t *testing.T, all []*browser) {
	alice, bob := all[0], all[1]
	mid := bob.midOf("alice", sfu.Microphone)
	count := func() int { return len(bob.packets(mid)) }
	alice.peer.SetMuted(sfu.Microphone, true)
	still := count()
	others := len(bob.packets(bob.midOf("carol", sfu.Microphone)))
	eventually(t, "others are still heard", func() bool { return len(bob.packets(bob.midOf("carol", sfu.Microphone))) > others+10 })
	if n := count(); n > still+3 { // those on their way
		t.Errorf("%d packets of a muted microphone", n-still)
	}
	alice.peer.SetMuted(sfu.Microphone, false)
	eventually(t, "alice is heard again", func() bool { return count() > still+10 })
}

// testLeave: the slots of one who leaves become free and the others go on.
func testLeave(t *testing.T, room *sfu.Room, all []*browser) {
	alice, bob := all[0], all[1]
	alice.close()
	eventually(t, "alice's slots are free", func() bool {
		return bob.midOf("alice", sfu.Camera) == "" && bob.midOf("alice", sfu.Microphone) == ""
	})
	mid := bob.midOf("carol", sfu.Camera)
	before := len(bob.packets(mid))
	eventually(t, "bob still sees carol", func() bool { return len(bob.packets(mid)) > before+50 })
	if err := bob.continuous(mid); err != nil {
		t.Error(err)
	}
	dave := newBrowser(t, room, "dave", browserOptions{audio: 1, video: 1})
	eventually(t, "dave, who only watches, sees somebody", func() bool {
		return len(dave.packets(dave.midOf("bob", sfu.Camera))) > 30
	})
	// A second slot by a later offer; the first one goes on.
	first := dave.midOf("bob", sfu.Camera)
	dave.addSlots(webrtc.RTPCodecTypeVideo, 1)
	dave.negotiate()
	eventually(t, "dave sees carol in the new slot", func() bool {
		mid := dave.midOf("carol", sfu.Camera)
		return mid != "" && len(dave.packets(mid)) > 30
	})
	if err := dave.continuous(first); err != nil {
		t.Error(err)
	}
}

// lossy loses one in n media packets, once each, in the direction away from or towards the client's own stack.
type lossy struct {
	interceptor.NoOp
	incoming bool
	n        uint16

	mu   sync.Mutex
	lost map[uint64]bool // SSRC and sequence number
}

func (l *lossy) NewInterceptor(string) (interceptor.Interceptor, error) { return l, nil }

// lose decides about one packet.
func (l *lossy) lose(ssrc uint32, seq uint16) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := uint64(ssrc)<<16 | uint64(seq)
	if seq%l.n != 0 || l.lost[key] {
		return false
	}
	l.lost[key] = true
	return true
}

func (l *lossy) BindLocalStream(info *interceptor.StreamInfo, w interceptor.RTPWriter) interceptor.RTPWriter {
	if l.incoming || info.MimeType == "audio/opus" {
		return w
	}
	return interceptor.RTPWriterFunc(func(h *rtp.Header, payload []byte, a interceptor.Attributes) (int, error) {
		if h.SSRC == info.SSRC && l.lose(h.SSRC, h.SequenceNumber) {
			return len(payload), nil
		}
		return w.Write(h, payload, a)
	})
}

func (l *lossy) BindRemoteStream(info *interceptor.StreamInfo, r interceptor.RTPReader) interceptor.RTPReader {
	if !l.incoming || info.MimeType == "audio/opus" {
		return r
	}
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		for {
			n, a, err := r.Read(b, a)
			var h rtp.Header
			if err == nil {
				if _, perr := h.Unmarshal(b[:n]); perr == nil && h.SSRC == info.SSRC && l.lose(h.SSRC, h.SequenceNumber) {
					continue
				}
			}
			return n, a, err
		}
	})
}

func TestLossIsRecoveredBothWays(t *testing.T) {
	srv := startServer(t)
	room := srv.NewRoom("room")
	up, down := &lossy{n: 11, lost: map[uint64]bool{}}, &lossy{n: 17, incoming: true, lost: map[uint64]bool{}}
	alice := newBrowser(t, room, "alice", browserOptions{publish: true, interceptors: []interceptor.Factory{up}})
	bob := newBrowser(t, room, "bob", browserOptions{audio: 1, video: 1, interceptors: []interceptor.Factory{down}})
	alice.start()
	eventually(t, "bob sees alice", func() bool { return len(bob.packets(bob.midOf("alice", sfu.Camera))) > 400 })
	eventually(t, "losses were recovered both ways", func() bool {
		st := srv.Stats()
		return st.Recovered > 20 && st.Retransmitted > 15
	})
	mid := bob.midOf("alice", sfu.Camera)
	// What is lost just before a change of layers does not come again, since nobody needs it: look at a run without one.
	eventually(t, "the stream is whole", func() bool { return bob.lastWhole(mid, 150) == nil })
	if d := srv.Stats().Dropped; d["unknown_ssrc"] > 20 {
		t.Errorf("dropped %v", d)
	}
}

func TestKeyFrameRequestReachesThePublisher(t *testing.T) {
	srv := startServer(t)
	room := srv.NewRoom("room")
	alice := newBrowser(t, room, "alice", browserOptions{publish: true})
	alice.start()
	bob := newBrowser(t, room, "bob", browserOptions{video: 1})
	eventually(t, "bob sees alice's best layer", func() bool { return bob.lastWidth(bob.midOf("alice", sfu.Camera)) == 1280 })
	before := alice.asked.Load()
	eventually(t, "alice is asked for a key frame", func() bool {
		bob.askKeyFrame()
		return alice.asked.Load() > before
	})
}

// TestChurnOverTheWire: clients come and go over real connections; goroutines are counted when the package's tests end.
func TestChurnOverTheWire(t *testing.T) {
	srv := startServer(t)
	room := srv.NewRoom("room")
	alice := newBrowser(t, room, "alice", browserOptions{publish: true, audio: 2, video: 2})
	alice.start()
	for i := range 20 {
		b := newBrowser(t, room, fmt.Sprint("visitor", i), browserOptions{publish: true, audio: 1, video: 1})
		b.start()
		eventually(t, "the visitor sees alice", func() bool { return len(b.packets(b.midOf("alice", sfu.Camera))) > 5 })
		b.close()
	}
	eventually(t, "only alice is left", func() bool {
		st := srv.Stats()
		return st.Peers == 1 && st.Transport.Conns == 1
	})
}
