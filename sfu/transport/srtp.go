package transport

import (
	"errors"
	"fmt"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// outboundKeys seal what we send. RTP goes the short way with GCM and through pion/srtp with the other profile; RTCP,
// which is rare, always through pion/srtp. One goroutine at a time uses them.
type outboundKeys struct {
	gcm  *gcm // nil for AES-CM
	pion *srtp.Context
	rtp  rtp.Header
	rtcp rtcp.Header
}

// inboundKeys open what the client sends; guarded by the Conn's handling.
type inboundKeys struct {
	gcm  *gcm // nil for AES-CM
	pion *srtp.Context
	rtp  rtp.Header
	rtcp rtcp.Header
}

var srtpProfiles = map[dtls.SRTPProtectionProfile]srtp.ProtectionProfile{
	dtls.SRTP_AEAD_AES_128_GCM:       srtp.ProtectionProfileAeadAes128Gcm,
	dtls.SRTP_AES128_CM_HMAC_SHA1_80: srtp.ProtectionProfileAes128CmHmacSha1_80,
}

// takeKeys derives the SRTP keys from a finished handshake, RFC 5764 section 4.2.
func (c *Conn) takeKeys(session *dtls.Conn) error {
	selected, ok := session.SelectedSRTPProtectionProfile()
	profile, known := srtpProfiles[selected]
	if !ok || !known {
		return errors.New("srtp: no protection profile in common")
	}
	state, ok := session.ConnectionState()
	if !ok {
		return errors.New("srtp: no handshake state")
	}
	cfg := srtp.Config{Profile: profile}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, false); err != nil {
		return fmt.Errorf("srtp keys: %w", err)
	}
	k := cfg.Keys
	in, err := newInboundKeys(profile, k.RemoteMasterKey, k.RemoteMasterSalt)
	if err != nil {
		return fmt.Errorf("srtp inbound: %w", err)
	}
	out, err := newOutboundKeys(profile, k.LocalMasterKey, k.LocalMasterSalt)
	if err != nil {
		return fmt.Errorf("srtp outbound: %w", err)
	}
	c.out.setKeys(out)
	c.keys.Store(in)
	return nil
}

func newOutboundKeys(profile srtp.ProtectionProfile, key, salt []byte) (k *outboundKeys, err error) {
	k = &outboundKeys{}
	if k.pion, err = srtp.CreateContext(key, salt, profile); err != nil {
		return nil, err
	}
	k.gcm, err = gcmFor(profile, key, salt)
	return k, err
}

func newInboundKeys(profile srtp.ProtectionProfile, key, salt []byte) (k *inboundKeys, err error) {
	k = &inboundKeys{}
	k.pion, err = srtp.CreateContext(key, salt, profile,
		srtp.SRTPReplayProtection(windowSize), srtp.SRTCPReplayProtection(windowSize))
	if err != nil {
		return nil, err
	}
	k.gcm, err = gcmFor(profile, key, salt)
	return k, err
}

func gcmFor(profile srtp.ProtectionProfile, key, salt []byte) (*gcm, error) {
	if profile != srtp.ProtectionProfileAeadAes128Gcm {
		return nil, nil
	}
	return newGCM(key, salt)
}

// sealRTP seals in place a packet with a header of that size; index is what sequence number and rollovers make.
func (k *outboundKeys) sealRTP(packet []byte, header int, ssrc uint32, index uint64) ([]byte, error) {
	if k.gcm != nil {
		return k.gcm.seal(packet, header, ssrc, index), nil
	}
	return k.pion.EncryptRTP(packet[:0], packet, &k.rtp)
}

func (k *outboundKeys) sealRTCP(packet []byte) ([]byte, error) {
	return k.pion.EncryptRTCP(packet[:0], packet, &k.rtcp)
}

var (
	errReplayed  = errors.New("srtp: packet seen before")
	errNotTheirs = errors.New("srtp: wrong authentication tag")
)

// openRTP opens a packet in place and notes its index in the window of its stream. Nothing is noted of one that fails.
func (k *inboundKeys) openRTP(packet []byte, header int, ssrc uint32, seq uint16, w *indexWindow) ([]byte, error) {
	if k.gcm == nil {
		return k.openByPion(packet)
	}
	index, ok := w.guess(seq)
	if !ok || !w.fresh(index) {
		return nil, errReplayed
	}
	opened, ok := k.gcm.open(packet, header, ssrc, index)
	if !ok {
		return nil, errNotTheirs
	}
	w.mark(index)
	return opened, nil
}

func (k *inboundKeys) openByPion(packet []byte) ([]byte, error) {
	opened, err := k.pion.DecryptRTP(packet[:0], packet, &k.rtp)
	return opened, openError(err)
}

func (k *inboundKeys) openRTCP(packet []byte) ([]byte, error) {
	opened, err := k.pion.DecryptRTCP(packet[:0], packet, &k.rtcp)
	return opened, openError(err)
}

// openError sorts pion's errors into ours.
func openError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, srtp.ErrFailedToVerifyAuthTag):
		return errNotTheirs
	}
	return err
}
