package sfu_test

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/digierapro/parley/sfu/codec"
)

// layerTrack is one simulcast layer and its encoder's state.
type layerTrack struct {
	track  *webrtc.TrackLocalStaticRTP
	rid    string
	width  int
	seq    uint16
	ts     uint32
	id     uint16
	tl0    uint8
	key    uint8
	lately bool // wants a key frame
}

// publish adds a microphone and a camera of three layers.
func (b *browser) publish() {
	sendonly := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}
	track := func(mime, id string, options ...func(*webrtc.TrackLocalStaticRTP)) *webrtc.TrackLocalStaticRTP {
		tr, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime}, id, b.id, options...)
		if err != nil {
			b.t.Fatal(err)
		}
		return tr
	}
	b.microphone = track(webrtc.MimeTypeOpus, "microphone")
	mic, err := b.pc.AddTransceiverFromTrack(b.microphone, sendonly)
	if err != nil {
		b.t.Fatal(err)
	}
	b.readRTCP(mic.Sender())
	var cam *webrtc.RTPTransceiver
	for i, rid := range []string{"q", "h", "f"} {
		l := &layerTrack{rid: rid, width: 320 << i, seq: uint16(60000 + i*2000), ts: uint32(i) << 30, id: uint16(i * 1000), lately: true,
			track: track(webrtc.MimeTypeVP8, "camera", webrtc.WithRTPStreamID(rid))}
		b.camera = append(b.camera, l)
		if i == 0 {
			cam, err = b.pc.AddTransceiverFromTrack(l.track, sendonly)
		} else {
			err = cam.Sender().AddEncoding(l.track)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	b.readRTCP(cam.Sender())
}

// readRTCP notes requests for key frames.
func (b *browser) readRTCP(s *webrtc.RTPSender) {
	note := func(packets []rtcp.Packet) {
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				b.asked.Add(1)
				b.wantKey.Store(true)
			}
		}
	}
	for _, rid := range []string{"", "q", "h", "f"} {
		b.wg.Go(func() {
			for {
				var packets []rtcp.Packet
				var err error
				if rid == "" {
					packets, _, err = s.ReadRTCP()
				} else {
					packets, _, err = s.ReadSimulcastRTCP(rid)
				}
				if err != nil {
					return
				}
				note(packets)
			}
		})
	}
}

// start sends frames at 25 a second until the browser closes.
func (b *browser) start() {
	names := b.naming()
	b.wg.Go(func() {
		t := time.NewTicker(40 * time.Millisecond)
		defer t.Stop()
		audio := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 1, Timestamp: 1}, Payload: make([]byte, 80)}
		for n := 0; ; n++ {
			select {
			case <-b.stop:
				return
			case <-t.C:
			}
			if b.wantKey.Swap(false) {
				for _, l := range b.camera {
					l.lately = true // as Chromium does: on all layers
				}
			}
			_ = b.microphone.WriteRTP(&audio) // an error is a connection that is not there yet
			audio.SequenceNumber++
			audio.Timestamp += 1920
			for _, l := range b.camera {
				l.frame(names, n < 50)
			}
		}
	})
}

// naming is how the MID and RID extensions are numbered, and the camera's MID.
func (b *browser) naming() (n naming) {
	for _, tr := range b.pc.GetTransceivers() {
		if tr.Kind() != webrtc.RTPCodecTypeVideo || tr.Direction() != webrtc.RTPTransceiverDirectionSendonly {
			continue
		}
		n.value = tr.Mid()
		for _, e := range tr.Sender().GetParameters().HeaderExtensions {
			switch e.URI {
			case "urn:ietf:params:rtp-hdrext:sdes:mid":
				n.mid = uint8(e.ID)
			case "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id":
				n.rid = uint8(e.ID)
			}
		}
	}
	return n
}

type naming struct {
	mid, rid uint8
	value    string
}

// frame sends the next frame of a layer, in three packets. Only the first frames name their stream, as Chromium's do.
func (l *layerTrack) frame(n naming, named bool) {
	key := l.lately
	l.lately = false
	l.ts += 3600
	l.id++
	l.tl0++
	if key {
		l.key++
	}
	for i := range 3 {
		desc := codec.VP8Descriptor{HasPictureID: true, LongID: true, PictureID: l.id & 0x7fff, HasTL0: true, TL0: l.tl0,
			HasTID: true, HasKeyIndex: true, KeyIndex: l.key & 0x1f}
		if i == 0 {
			desc.First = 0x10
		}
		payload := desc.AppendTo(nil)
		if i == 0 && key {
			w, h := l.width, l.width*9/16
			payload = append(payload, 0x10, 0, 0, 0x9d, 0x01, 0x2a, byte(w), byte(w>>8), byte(h), byte(h>>8))
		} else {
			payload = append(payload, 0x11)
		}
		p := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: l.seq, Timestamp: l.ts, Marker: i == 2}, Payload: append(payload, make([]byte, 300)...)}
		l.seq++
		if named {
			_ = p.SetExtension(n.mid, []byte(n.value))
			_ = p.SetExtension(n.rid, []byte(l.rid))
		}
		_ = l.track.WriteRTP(&p)
	}
}
