package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Signer issues HS256 tokens, for `parley token` and for the sign-in page of development.
type Signer struct {
	signer   jose.Signer
	issuer   string
	audience string
}

// NewSigner makes a Signer whose tokens a Verifier with the same three values accepts.
func NewSigner(secret, issuer, audience string) (*Signer, error) {
	k, err := secretKey(secret)
	if err != nil {
		return nil, err
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: k.key.value}, options)
	if err != nil {
		return nil, fmt.Errorf("make a signer: %w", err)
	}
	return &Signer{signer: signer, issuer: issuer, audience: audience}, nil
}

// Sign issues a token for id that lasts for ttl from now; the identity's own times are not looked at. An identity that
// Verify would refuse is refused here.
func (s *Signer) Sign(id Identity, ttl time.Duration) (string, time.Time, error) {
	if ttl < time.Second {
		return "", time.Time{}, errors.New("a token must last for a second at least")
	}
	now := time.Now()
	expires := now.Add(ttl).Truncate(time.Second)
	c := claims{
		Subject: id.UserID, Name: id.Name, Email: id.Email, AvatarURL: id.AvatarURL,
		Role: id.Role, Department: id.Department, IsInternal: &id.Internal,
		Issuer: s.issuer, IssuedAt: newNumericDate(now), Expires: newNumericDate(expires),
	}
	if s.audience != "" {
		c.Audience = audience{s.audience}
	}
	if _, err := c.identity(); err != nil {
		return "", time.Time{}, err
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("write the claims: %w", err)
	}
	signed, err := s.signer.Sign(payload)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign the token: %w", err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("write the token: %w", err)
	}
	return token, expires, nil
}
