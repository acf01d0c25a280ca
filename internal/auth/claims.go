package auth

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/json" // minds the case of names and refuses one that is there twice
)

// Bounds of what a token may say.
const (
	maxIDLength         = 64
	maxNameLength       = 100
	maxEmailLength      = 254
	maxAvatarURLLength  = 2048
	maxDepartmentLength = 64
	// maxNumericDate is the end of the year 9999: past it, time.Time no longer prints or marshals.
	maxNumericDate = 253402300799
)

// claims is the payload of a token, as the CRM writes it.
type claims struct {
	Subject    string       `json:"sub,omitempty"`
	ID         string       `json:"id,omitempty"`
	Name       string       `json:"name,omitempty"`
	Email      string       `json:"email,omitempty"`
	AvatarURL  string       `json:"avatarUrl,omitempty"`
	Role       Role         `json:"role,omitempty"`
	Department string       `json:"department,omitempty"`
	IsInternal *bool        `json:"isInternal,omitempty"`
	Issuer     string       `json:"iss,omitempty"`
	Audience   audience     `json:"aud,omitempty"`
	Expires    *numericDate `json:"exp,omitempty"`
	NotBefore  *numericDate `json:"nbf,omitempty"`
	IssuedAt   *numericDate `json:"iat,omitempty"`
}

// audience is one string or a list of them (RFC 7519 section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("aud is neither text nor a list of texts")
	}
	*a = many
	return nil
}

// numericDate is seconds since 1970, perhaps with a fraction (RFC 7519 section 2), which is dropped.
type numericDate int64

func (n *numericDate) UnmarshalJSON(b []byte) error {
	var f float64
	if err := json.Unmarshal(b, &f); err != nil {
		return errors.New("a date is not a number of seconds")
	}
	if f < 0 || f > maxNumericDate {
		return errors.New("a date is out of range")
	}
	*n = numericDate(f)
	return nil
}

func (n *numericDate) time() time.Time { return time.Unix(int64(*n), 0) }

func newNumericDate(t time.Time) *numericDate {
	n := numericDate(t.Unix())
	return &n
}

// parseClaims reads a token's payload. Claims that we do not know are the CRM's own business.
func parseClaims(payload []byte) (claims, error) {
	var c claims
	if !utf8.Valid(payload) {
		return c, errors.New("the claims are not UTF-8")
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, fmt.Errorf("read the claims: %w", err)
	}
	return c, nil
}

// identity checks every claim about the user. It does not look at the times, the issuer or the audience.
func (c claims) identity() (Identity, error) {
	id := Identity{UserID: c.Subject, Email: c.Email, AvatarURL: avatarURL(c.AvatarURL), Role: c.Role, Department: c.Department}
	if id.UserID == "" {
		id.UserID = c.ID
	}
	if err := checkText("sub", id.UserID, 1, maxIDLength); err != nil {
		return Identity{}, err
	}
	if err := checkText("email", id.Email, 0, maxEmailLength); err != nil {
		return Identity{}, err
	}
	if err := checkText("department", id.Department, 0, maxDepartmentLength); err != nil {
		return Identity{}, err
	}
	if id.Role == "" {
		id.Role = RoleUser
	}
	if !id.Role.Valid() && id.Role != RoleService {
		return Identity{}, errors.New("the claim role is none of admin, manager, user and client")
	}
	id.Name = displayName(c.Name, id.UserID)
	id.Internal = id.Role.Valid() && id.Role != RoleClient && (c.IsInternal == nil || *c.IsInternal)
	if c.IssuedAt != nil {
		id.IssuedAt = c.IssuedAt.time()
	}
	if c.Expires != nil {
		id.Expires = c.Expires.time()
	}
	return id, nil
}

// checkText holds what permissions hang on to exact, visible text: no control or invisible characters, no blank ends.
func checkText(claim, s string, least, most int) error {
	n := utf8.RuneCountInString(s)
	if n < least || n > most {
		return fmt.Errorf("the claim %s has %d characters, not %d to %d", claim, n, least, most)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return fmt.Errorf("the claim %s holds a character that cannot be printed", claim)
		}
	}
	if strings.TrimSpace(s) != s {
		return fmt.Errorf("the claim %s begins or ends with a space", claim)
	}
	return nil
}

// displayName makes a name fit to be shown. A name is decoration, so that a bad one is mended and locks nobody out.
func displayName(name, userID string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, name)
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxNameLength {
		name = strings.TrimSpace(string([]rune(name)[:maxNameLength]))
	}
	if name == "" {
		return userID
	}
	return name
}

// avatarURL lets through what a browser may load as a picture, and nothing else.
func avatarURL(s string) string {
	if len(s) > maxAvatarURLLength {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return u.String()
}
