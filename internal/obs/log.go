// Package obs is how the server shows what it does: a log that keeps secrets and messages to itself, and counters for
// Prometheus.
package obs

import (
	"io"
	"log/slog"
	"strings"
)

// redacted is written instead of a value that does not belong in a log.
const redacted = "[redacted]"

// private are the names of attributes, in lower case and without punctuation, whose values are never written: what opens
// doors, what people say to each other, and the addresses inside an SDP.
var private = map[string]bool{
	"authorization": true, "cookie": true, "setcookie": true, "jwt": true, "credential": true, "credentials": true,
	"databaseurl": true, "dsn": true, "privatekey": true, "apikey": true,
	"message": true, "body": true, "text": true, "content": true, "preview": true, "payload": true,
	"sdp": true, "offer": true, "answer": true, "candidate": true,
}

// privateEnds are endings of such names: accessToken, auth_secret, turn-password.
var privateEnds = []string{"token", "secret", "password"}

// NewLogger writes to w what is at least at level, as format says: "json" or, otherwise, text.
func NewLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// redact is the ReplaceAttr of both handlers. They call it for every attribute inside groups, with the groups' names.
func redact(groups []string, a slog.Attr) slog.Attr {
	if isPrivate(a.Key) {
		return slog.String(a.Key, redacted)
	}
	for _, g := range groups {
		if isPrivate(g) {
			return slog.String(a.Key, redacted)
		}
	}
	switch a.Value.Kind() {
	case slog.KindString:
		return slog.String(a.Key, redactTokens(a.Value.String()))
	case slog.KindAny:
		if err, ok := a.Value.Any().(error); ok {
			return slog.String(a.Key, redactTokens(err.Error()))
		}
	}
	return a
}

func isPrivate(name string) bool {
	plain := strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == '.' {
			return -1
		}
		return r
	}, strings.ToLower(name))
	if private[plain] {
		return true
	}
	for _, end := range privateEnds {
		if strings.HasSuffix(plain, end) {
			return true
		}
	}
	return false
}

// redactTokens takes JWTs out of a text, such as the URL in an error of an HTTP client. Every JWT begins with "eyJ",
// which is {" in base64.
func redactTokens(s string) string {
	for from := 0; ; {
		i := strings.Index(s[from:], "eyJ")
		if i < 0 {
			return s
		}
		i += from
		end := i
		for end < len(s) && isTokenByte(s[end]) {
			end++
		}
		if strings.Count(s[i:end], ".") >= 2 {
			s = s[:i] + redacted + s[end:]
			end = i + len(redacted)
		}
		from = end
	}
}

func isTokenByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}
