package transport

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
)

// gcm seals and opens RTP with AEAD_AES_128_GCM, RFC 7714. It does no more than that standard's section 8; pion/srtp,
// which the tests hold it against, looks up and parses much of what our packet path knows already. One goroutine at a
// time uses it.
type gcm struct {
	aead  cipher.AEAD
	salt  [gcmSalt]byte
	nonce [gcmSalt]byte // of the packet at hand
}

const (
	gcmKey  = 16
	gcmSalt = 12
	gcmTag  = 16
)

// Labels of the key derivation, RFC 3711 section 4.3.2.
const (
	labelEncryption = 0
	labelSalt       = 2
)

func newGCM(masterKey, masterSalt []byte) (*gcm, error) {
	if len(masterKey) != gcmKey || len(masterSalt) != gcmSalt {
		return nil, fmt.Errorf("srtp master key of %d and salt of %d bytes", len(masterKey), len(masterSalt))
	}
	master, err := aes.NewCipher(masterKey)
	if err != nil {
		return nil, fmt.Errorf("srtp master key: %w", err)
	}
	return newGCMSession(
		deriveKey(master, masterSalt, labelEncryption, gcmKey), deriveKey(master, masterSalt, labelSalt, gcmSalt))
}

// newGCMSession takes the session's key and salt as they are.
func newGCMSession(key, salt []byte) (*gcm, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("srtp session key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("srtp session key: %w", err)
	}
	g := &gcm{aead: aead}
	copy(g.salt[:], salt)
	return g, nil
}

// deriveKey is the pseudo-random function of RFC 3711 section 4.3.3, AES in counter mode, for a key derivation rate of 0.
// Its input is the label at byte 7 of the 14-byte salt, which RFC 7714 section 11 pads on the right.
func deriveKey(master cipher.Block, salt []byte, label byte, size int) []byte {
	var in, out [aes.BlockSize]byte // one block is enough for all keys here, so the counter stays 0
	copy(in[:], salt)
	in[7] ^= label
	master.Encrypt(out[:], in[:])
	return out[:size]
}

// setNonce is RFC 7714 section 8.1: 16 zero bits, the SSRC and the index, with the salt over it.
func (g *gcm) setNonce(ssrc uint32, index uint64) {
	head := binary.BigEndian.Uint32(g.salt[:])
	tail := binary.BigEndian.Uint64(g.salt[4:])
	binary.BigEndian.PutUint32(g.nonce[:], head^ssrc>>16)
	binary.BigEndian.PutUint64(g.nonce[4:], tail^(uint64(ssrc)<<48|index))
}

// seal encrypts in place what follows the header of packet and appends the tag, for which there must be room.
func (g *gcm) seal(packet []byte, header int, ssrc uint32, index uint64) []byte {
	g.setNonce(ssrc, index)
	return g.aead.Seal(packet[:header], g.nonce[:], packet[header:], packet[:header])
}

// open decrypts in place what follows the header of packet. ok is false, and the packet spoilt, when the tag is wrong.
func (g *gcm) open(packet []byte, header int, ssrc uint32, index uint64) (opened []byte, ok bool) {
	g.setNonce(ssrc, index)
	opened, err := g.aead.Open(packet[:header], g.nonce[:], packet[header:], packet[:header])
	return opened, err == nil
}
