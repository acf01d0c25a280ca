package transport

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

func rtpPacket(seq uint16, payload string) *rtp.Packet {
	return &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: uint32(seq) * 960}, Payload: []byte(payload)}
}

// exchange sends media both ways and checks that it arrives whole.
func exchange(t *testing.T, j *joined, conn *Conn, seq uint16) {
	t.Helper()
	for _, track := range []*webrtc.TrackLocalStaticRTP{j.microphone, j.camera} {
		if err := track.WriteRTP(rtpPacket(seq, "from "+track.ID())); err != nil {
			t.Fatal(err)
		}
		for {
			var got rtp.Packet
			if err := got.Unmarshal(receive(t, "a packet of "+track.ID(), j.rtp)); err != nil {
				t.Fatal(err)
			}
			if got.SequenceNumber == seq && string(got.Payload) == "from "+track.ID() {
				break
			}
		}
	}
	for _, kind := range []Kind{Audio, Video} {
		for _, s := range j.slots(kind) {
			sendAndReceive(t, j, conn, s, seq)
		}
	}
}

func sendAndReceive(t *testing.T, j *joined, conn *Conn, s Section, seq uint16) {
	t.Helper()
	payload := []byte{0x90, 0x80, byte(seq), 1, 2, 3, 4, 5}
	err := conn.Send(&Packet{SSRC: s.Slot.SSRC, PayloadType: s.Codecs[0].PayloadType, Marker: true, Sequence: seq,
		Timestamp: 3000, Source: 77, AudioLevel: 0x85, HasAudioLevel: true, Head: payload[:3], Body: payload[3:]})
	if err != nil {
		t.Fatal(err)
	}
	track := j.trackOf(t, s.Slot.SSRC)
	if err := track.SetReadDeadline(time.Now().Add(waitLimit)); err != nil {
		t.Fatal(err)
	}
	for {
		got, _, err := track.ReadRTP()
		if err != nil {
			t.Fatal(err)
		}
		if got.SequenceNumber != seq {
			continue
		}
		if !bytes.Equal(got.Payload, payload) || !got.Marker || len(got.CSRC) != 1 || got.CSRC[0] != 77 {
			t.Fatalf("received %+v", got)
		}
		return
	}
}

// trackOf waits for the client to find a slot's track.
func (j *joined) trackOf(t *testing.T, ssrc uint32) *webrtc.TrackRemote {
	t.Helper()
	for j.seen[ssrc] == nil {
		track := receive(t, "a track", j.tracks)
		j.seen[uint32(track.SSRC())] = track
	}
	return j.seen[ssrc]
}

func TestMediaGoesBothWays(t *testing.T) {
	l := startListener(t, nil)
	j, conn := join(t, l, nil)
	for seq := uint16(65530); seq != 20; seq++ { // over the wrap
		exchange(t, j, conn, seq)
	}
	conn.Close()
	wantState(t, j.recorder, Closed)
	if err := conn.Send(&Packet{}); err != ErrClosed {
		t.Fatalf("send after close: %v", err)
	}
}
