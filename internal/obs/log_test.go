package obs

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretsStayOutOfTheLog(t *testing.T) {
	const hidden = "hunter2"
	jwt := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-_"
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		logger := NewLogger(&out, slog.LevelInfo, format)
		for _, name := range []string{
			"token", "accessToken", "access_token", "Authorization", "secret", "auth.secret", "password", "turn-password",
			"cookie", "Set-Cookie", "sdp", "offer", "candidate", "message", "body", "content", "databaseUrl", "JWT",
		} {
			logger.Info("Constant.", name, hidden)
			logger.With(name, hidden).Info("Constant.")
			logger.WithGroup("call").Info("Constant.", slog.Group("inner", name, hidden))
			logger.WithGroup(name).Info("Constant.", "value", hidden)
			logger.Info("Constant.", slog.Group(name, "value", hidden))
			logger.Info("Constant.", name, map[string]string{"x": hidden})
		}
		logger.Info("Constant.", "error", fmt.Errorf("get https://x.example/?t=%s: %w", jwt, errors.New("timeout")))
		logger.Info("Constant.", "url", "/a?token="+jwt+"&b="+jwt+" and eyJ.x and eyJ")

		if got := out.String(); strings.Contains(got, hidden) || strings.Contains(got, "c2ln") {
			t.Errorf("%s: a secret is in the log:\n%s", format, got)
		}
		for _, want := range []string{"timeout", "&b=", "and eyJ.x and eyJ", "Constant."} {
			if !strings.Contains(out.String(), want) && format == "text" {
				t.Errorf("%s: %q is missing", format, want)
			}
		}
	}
}

func TestTheRestIsLogged(t *testing.T) {
	var out bytes.Buffer
	logger := NewLogger(&out, slog.LevelInfo, "json")
	logger.Debug("below the level")
	logger.Info("Joined.", "callId", "c1", "tokens", 3, "messages", 7, "contentType", "x")
	want := `"msg":"Joined.","callId":"c1","tokens":3,"messages":7,"contentType":"x"}` + "\n"
	if got := out.String(); !strings.HasSuffix(got, want) || strings.Contains(got, "below") {
		t.Errorf("got %s", got)
	}
}
