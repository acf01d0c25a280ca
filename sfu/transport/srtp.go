package transport

import (
	"errors"
	"fmt"

	"github.com/pion/dtls/v3"
	"github.com/pion/srtp/v3"
)

// replayWindow is how far behind the newest packet of a stream another is still taken.
const replayWindow = 1024

// inboundKeys opens what the client sends; the read loop owns it.
type inboundKeys struct{ rtp, rtcp *srtp.Context }

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
	in := func() (*srtp.Context, error) {
		return srtp.CreateContext(k.RemoteMasterKey, k.RemoteMasterSalt, profile,
			srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	}
	rtp, err := in()
	if err != nil {
		return fmt.Errorf("srtp inbound: %w", err)
	}
	rtcp, err := in()
	if err != nil {
		return fmt.Errorf("srtcp inbound: %w", err)
	}
	out, err := srtp.CreateContext(k.LocalMasterKey, k.LocalMasterSalt, profile)
	if err != nil {
		return fmt.Errorf("srtp outbound: %w", err)
	}
	c.out.setKeys(out)
	c.keys.Store(&inboundKeys{rtp: rtp, rtcp: rtcp})
	return nil
}
