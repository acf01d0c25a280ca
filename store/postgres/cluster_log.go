package postgres

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
)

const (
	maxLogLine  = 4096
	maxLastSaid = 8 // lines

	// tooEarly begins what the server says whenever we ask whether it is up yet.
	tooEarly = "FATAL:  the database system is "
)

// serverLog passes what the server writes on to our log: what is ordinary at debug, what is not at warn. It keeps the
// last lines for the error of a server that does not start.
type serverLog struct {
	log *slog.Logger

	mu   sync.Mutex
	line []byte // not ended yet
	last []string
}

func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		rest, more, ended := bytes.Cut(p, []byte{'\n'})
		l.line = append(l.line, rest[:min(len(rest), maxLogLine-len(l.line))]...)
		if ended {
			l.endLineLocked()
		}
		p = more
	}
	return n, nil
}

// flush passes on a last line that did not end.
func (l *serverLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endLineLocked()
}

func (l *serverLog) endLineLocked() {
	line := strings.TrimSpace(string(l.line))
	l.line = l.line[:0]
	if line == "" || strings.HasPrefix(line, tooEarly) {
		return
	}
	if len(l.last) == maxLastSaid {
		l.last = append(l.last[:0], l.last[1:]...)
	}
	l.last = append(l.last, line)
	l.log.Log(context.Background(), levelOf(line), "database server says", "line", line)
}

func levelOf(line string) slog.Level {
	switch severity, _, _ := strings.Cut(line, ":"); severity {
	case "WARNING", "ERROR", "FATAL", "PANIC":
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func (l *serverLog) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.last) == 0 {
		return "none"
	}
	return strings.Join(l.last, " / ")
}
