package turn

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Credentials let one session of a user allocate until they expire or are revoked. The user name tells nobody who it is
// for: user and session are tags, which only a holder of the secret can make.
type Credentials struct {
	Username string // expiry ":" user tag ":" session tag
	Password string
	Expires  time.Time
}

const (
	tagLength   = 16 // characters: 96 bits
	maxUsername = 20 + 2*(1+tagLength)
	maxRevoked  = 100_000
	loneTTL     = 10 * time.Minute // without a session
)

// Reasons to refuse what a client shows.
var (
	errUnknown = errors.New("not our credentials")
	errExpired = errors.New("expired")
	errRevoked = errors.New("revoked")
)

// holder is whom credentials were made for.
type holder struct{ user, session string } // tags

// id is what pion/turn knows the holder as.
func (h holder) id() string { return h.user + ":" + h.session }

// issuer makes and checks credentials. It keeps none of those it made, only what was revoked, as long as that could
// still be shown.
type issuer struct {
	secret []byte
	realm  string
	ttl    time.Duration

	mu      sync.Mutex
	revoked map[string]time.Time // by tag: those made before that time are void; guarded by mu
	floor   time.Time            // all made before are void, for want of room in revoked; guarded by mu
}

func newIssuer(secret []byte, realm string, ttl time.Duration) *issuer {
	return &issuer{secret: secret, realm: realm, ttl: ttl, revoked: make(map[string]time.Time)}
}

func (i *issuer) mac(kind, text string) []byte {
	m := hmac.New(sha256.New, i.secret)
	m.Write([]byte(kind + "\x00" + text))
	return m.Sum(nil)
}

func (i *issuer) tag(kind, text string) string {
	return base64.RawURLEncoding.EncodeToString(i.mac(kind, text))[:tagLength]
}

func (i *issuer) userTag(user string) string { return i.tag("user", user) }

// sessionTag is of the session of the user with that tag: another user's session of the same name is another one.
func (i *issuer) sessionTag(userTag, session string) string { return i.tag("session", userTag+session) }

// ttlOf is how long credentials are good for. Without a session, whose end would void them, it is not long.
func (i *issuer) ttlOf(h holder) time.Duration {
	if h.session == i.sessionTag(h.user, "") {
		return min(i.ttl, loneTTL)
	}
	return i.ttl
}

func (i *issuer) password(username string) string {
	return base64.RawURLEncoding.EncodeToString(i.mac("password", username))
}

func (i *issuer) issue(user, session string, now time.Time) Credentials {
	h := holder{user: i.userTag(user)}
	h.session = i.sessionTag(h.user, session)
	expires := now.Add(i.ttlOf(h)).Truncate(time.Second)
	name := strconv.FormatInt(expires.Unix(), 10) + ":" + h.id()
	return Credentials{Username: name, Password: i.password(name), Expires: expires}
}

// check tells whose user name that is, when it was made, and the key of MESSAGE-INTEGRITY: RFC 8489 section 9.2.2. Who
// shows the name has yet to prove that he knows the password.
func (i *issuer) check(username string, now time.Time) (who holder, made time.Time, key []byte, err error) {
	expiry, tags, _ := strings.Cut(username, ":")
	user, session, ok := strings.Cut(tags, ":")
	unix, err := strconv.ParseInt(expiry, 10, 64)
	if err != nil || !ok || len(username) > maxUsername || len(user) != tagLength || len(session) != tagLength {
		return holder{}, time.Time{}, nil, errUnknown
	}
	expires := time.Unix(unix, 0)
	who = holder{user: user, session: session}
	made = expires.Add(-i.ttlOf(who))
	switch {
	case !now.Before(expires):
		return holder{}, time.Time{}, nil, errExpired
	case i.isRevoked(who, made):
		return holder{}, time.Time{}, nil, errRevoked
	}
	sum := md5.Sum([]byte(username + ":" + i.realm + ":" + i.password(username)))
	return who, made, sum[:], nil
}

func (i *issuer) isRevoked(h holder, made time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if made.Before(i.floor) {
		return true
	}
	for _, tag := range []string{h.user, h.session} {
		if at, ok := i.revoked[tag]; ok && !made.After(at) {
			return true
		}
	}
	return false
}

// revoke voids what was made for the tag until now. If there is no room to remember it, all that was made is void:
// clients that have a need get new ones.
func (i *issuer) revoke(tag string, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.revoked) >= maxRevoked {
		i.floor = now
		clear(i.revoked)
	}
	i.revoked[tag] = now
}

// forget drops what nobody can show any more.
func (i *issuer) forget(now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for tag, at := range i.revoked {
		if now.Sub(at) > i.ttl+time.Second {
			delete(i.revoked, tag)
		}
	}
}
