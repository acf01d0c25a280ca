package auth

import (
	"errors"
	"slices"
	"time"
)

var errExpired = errors.New("the token has expired")

// checkValidity holds the registered claims (RFC 7519 section 4.1) against the clock and the configuration.
func (c claims) checkValidity(now time.Time, issuer, aud string) error {
	if c.Expires == nil {
		return errors.New("the token has no exp")
	}
	if now.Add(-Leeway).After(c.Expires.time()) {
		return errExpired
	}
	if c.NotBefore != nil && now.Add(Leeway).Before(c.NotBefore.time()) {
		return errors.New("the token is not valid yet (nbf)")
	}
	if c.IssuedAt != nil && now.Add(Leeway).Before(c.IssuedAt.time()) {
		return errors.New("the token was issued in the future (iat)")
	}
	if issuer != "" && c.Issuer != issuer {
		return errors.New("the token has another issuer (iss)")
	}
	if aud != "" && !slices.Contains(c.Audience, aud) {
		return errors.New("the token is for another audience (aud)")
	}
	return nil
}
