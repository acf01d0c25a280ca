package transport

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// TestGCMKnownAnswer is RFC 7714 section 16.1.1.
func TestGCMKnownAnswer(t *testing.T) {
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	g, err := newGCMSession(unhex("000102030405060708090a0b0c0d0e0f"), unhex("517569642070726f2071756f"))
	if err != nil {
		t.Fatal(err)
	}
	plain := unhex("8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573")
	want := unhex("8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d" +
		"7f27beb16a9152cf765ee4390cce")
	buf := append(make([]byte, 0, sealedBuffer), plain...)
	if sealed := g.seal(buf, 12, 0x5501a0b2, 0xf17b); !bytes.Equal(sealed, want) {
		t.Fatalf("sealed\n%x, want\n%x", sealed, want)
	}
}

// srtpPair is our keys and pion's, made of the same master key.
func srtpPair(t testing.TB, random *rand.Rand) (out *outboundKeys, in *inboundKeys, pionOut, pionIn *srtp.Context) {
	t.Helper()
	key, salt := make([]byte, gcmKey), make([]byte, gcmSalt)
	for i := range key {
		key[i] = byte(random.Uint32())
	}
	for i := range salt {
		salt[i] = byte(random.Uint32())
	}
	const profile = srtp.ProtectionProfileAeadAes128Gcm
	var errs [4]error
	out, errs[0] = newOutboundKeys(profile, key, salt)
	in, errs[1] = newInboundKeys(profile, key, salt)
	pionOut, errs[2] = srtp.CreateContext(key, salt, profile)
	pionIn, errs[3] = srtp.CreateContext(key, salt, profile, srtp.SRTPReplayProtection(windowSize))
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return out, in, pionOut, pionIn
}

// randomPacket has any header that RTP allows.
func randomPacket(t testing.TB, random *rand.Rand, ssrc uint32, seq uint16) (raw []byte, header int) {
	t.Helper()
	h := rtp.Header{
		Version: 2, Marker: random.IntN(2) == 0, PayloadType: uint8(random.IntN(128)), SequenceNumber: seq,
		Timestamp: random.Uint32(), SSRC: ssrc,
	}
	for range random.IntN(4) {
		h.CSRC = append(h.CSRC, random.Uint32())
	}
	for id := range random.IntN(5) {
		if err := h.SetExtension(uint8(id+1), make([]byte, 1+random.IntN(16))); err != nil {
			t.Fatal(err)
		}
	}
	payload := make([]byte, random.IntN(1200))
	for i := range payload {
		payload[i] = byte(random.Uint32())
	}
	raw, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw, h.MarshalSize()
}

// step moves a stream's position as networks and encoders do: mostly on, at times back, at times far ahead.
func step(random *rand.Rand, at uint64) uint64 {
	switch random.IntN(20) {
	case 0:
		return at - min(at, uint64(random.IntN(windowSize+200)))
	case 1:
		return at + uint64(random.IntN(30_000))
	}
	return at + 1
}

// TestGCMSealsAsPionDoes compares every byte, over rollovers, gaps and reordering, of several streams.
func TestGCMSealsAsPionDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 7714))
	out, _, pionOut, pionIn := srtpPair(t, random)
	windows := map[uint32]*indexWindow{1: {}, 0xfffffffe: {}, 0x12345678: {}}
	at := map[uint32]uint64{1: 0, 0xfffffffe: 65_530, 0x12345678: 30_000}
	sealed := 0
	for range 20_000 {
		for ssrc, w := range windows {
			next := step(random, at[ssrc])
			index, ok := w.take(uint16(next))
			if !ok {
				continue
			}
			at[ssrc] = w.newest
			raw, header := randomPacket(t, random, ssrc, uint16(next))
			want, err := pionOut.EncryptRTP(nil, raw, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := out.sealRTP(append(make([]byte, 0, sealedBuffer), raw...), header, ssrc, index)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("stream %x index %d: %v, sealed\n%x, want\n%x", ssrc, index, err, got, want)
			}
			if opened, err := pionIn.DecryptRTP(nil, got, nil); err != nil || !bytes.Equal(opened, raw) {
				t.Fatalf("stream %x index %d: pion does not open it: %v", ssrc, index, err)
			}
			sealed++
		}
	}
	for ssrc, w := range windows {
		if w.newest < 5<<16 {
			t.Errorf("stream %x rolled over only %d times", ssrc, w.newest>>16)
		}
	}
	if sealed < 40_000 {
		t.Errorf("only %d packets were compared", sealed)
	}
}

// TestGCMOpensAsPionDoes gives both the same packets, among them old, repeated, altered and cut ones: they must agree on
// each.
func TestGCMOpensAsPionDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 7714))
	_, in, pionOut, pionIn := srtpPair(t, random)
	var ours, sent indexWindow
	const ssrc = 0xcafe
	at, verdicts := uint64(40_000), map[string]int{}
	var before [][]byte
	for range 30_000 {
		var packet []byte
		if len(before) > 0 && random.IntN(10) == 0 {
			packet = slices.Clone(before[random.IntN(len(before))])
		} else {
			next := step(random, at)
			if _, ok := sent.take(uint16(next)); !ok {
				continue
			}
			at = sent.newest
			raw, _ := randomPacket(t, random, ssrc, uint16(next))
			packet, _ = pionOut.EncryptRTP(nil, raw, nil)
			before = append(before, slices.Clone(packet))
			if len(before) > 2000 {
				before = before[1000:]
			}
		}
		switch random.IntN(12) {
		case 0:
			packet[random.IntN(len(packet))] ^= 1 << random.IntN(8)
		case 1:
			packet = packet[:random.IntN(len(packet))]
		}
		verdicts[compareOpening(t, in, pionIn, &ours, packet)]++
	}
	for _, v := range []string{"opened", "refused", "malformed"} {
		if verdicts[v] < 100 {
			t.Errorf("only %d packets were %s", verdicts[v], v)
		}
	}
}

func compareOpening(t testing.TB, in *inboundKeys, reference *srtp.Context, ours *indexWindow, packet []byte) string {
	t.Helper()
	var h rtp.Header
	want, wantErr := reference.DecryptRTP(nil, packet, &h)
	header, ok := headerSize(packet)
	if !ok || packet[0]>>6 != 2 {
		if wantErr == nil {
			t.Fatalf("malformed for us, opened by pion: %x", packet)
		}
		return "malformed"
	}
	if h.SSRC != 0xcafe { // an altered one: it has no window of ours
		ours = &indexWindow{}
	}
	before := *ours
	got, err := in.openRTP(slices.Clone(packet), header, h.SSRC, h.SequenceNumber, ours)
	if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
		t.Fatalf("index near %d, number %d: ours %v, pion's %v", before.newest, h.SequenceNumber, err, wantErr)
	}
	if err != nil {
		if *ours != before {
			t.Fatal("a refused packet moved the window")
		}
		return "refused"
	}
	return "opened"
}

// FuzzHeader holds the reading of headers against pion's.
func FuzzHeader(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 10 {
		raw, _ := randomPacket(f, random, 7, 9)
		f.Add(raw, uint8(3))
	}
	f.Add([]byte{0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0xff, 0xff}, uint8(1))
	f.Add([]byte{0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 1, 9, 9, 9}, uint8(1))
	f.Fuzz(func(t *testing.T, packet []byte, id uint8) {
		size, ok := headerSize(packet)
		var h rtp.Header
		want, err := h.Unmarshal(packet)
		if err != nil {
			if ok {
				findExtension(packet[:size], id) // does not panic
			}
			return
		}
		if !ok || size != want {
			t.Fatalf("size %d %v, want %d", size, ok, want)
		}
		got := findExtension(packet[:size], id)
		if h.Extension && (h.ExtensionProfile == profileOneByte && id > 0 && id < 15 || h.ExtensionProfile == profileTwoByte && id > 0) {
			if wanted := h.GetExtension(id); !bytes.Equal(got, wanted) {
				t.Fatalf("extension %d is %x, want %x", id, got, wanted)
			}
		}
	})
}
