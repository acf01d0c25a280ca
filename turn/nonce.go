package turn

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"time"
)

// nonces makes nonces that need no memory: a time and a MAC over it and the client's transport address. Whoever shows one
// receives what is sent to that address, or did within the last hour. pion/turn's own nonce is not bound to an address.
type nonces struct{ key [32]byte }

const (
	nonceLength   = 12 // characters: short, since an unauthenticated answer must be small
	nonceLifetime = time.Hour
)

func newNonces() *nonces {
	n := &nonces{}
	rand.Read(n.key[:]) // never fails
	return n
}

// make is 16 bits of minutes, which repeat after 45 days, and 56 bits of MAC.
func (n *nonces) make(client netip.AddrPort, stream bool, now time.Time) string {
	minutes := uint64(now.Unix() / 60)
	address := client.Addr().As16()
	var in [27]byte
	binary.BigEndian.PutUint64(in[:8], minutes)
	copy(in[8:24], address[:])
	binary.BigEndian.PutUint16(in[24:26], client.Port())
	if stream {
		in[26] = 1
	}
	m := hmac.New(sha256.New, n.key[:])
	m.Write(in[:])
	var sum [sha256.Size]byte
	m.Sum(sum[:0])
	var raw [9]byte
	binary.BigEndian.PutUint16(raw[:2], uint16(minutes))
	copy(raw[2:], sum[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// valid tells whether the nonce was made for the client within the last hour.
func (n *nonces) valid(nonce []byte, client netip.AddrPort, stream bool, now time.Time) bool {
	var raw [9]byte
	if len(nonce) != nonceLength {
		return false
	}
	if _, err := base64.RawURLEncoding.Decode(raw[:], nonce); err != nil {
		return false
	}
	age := uint16(now.Unix()/60) - binary.BigEndian.Uint16(raw[:2])
	if time.Duration(age)*time.Minute > nonceLifetime {
		return false
	}
	return hmac.Equal(nonce, []byte(n.make(client, stream, now.Add(-time.Duration(age)*time.Minute))))
}
