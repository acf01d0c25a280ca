package certs

import (
	"context"
	"log/slog"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapLogger writes what certmagic says to our own log, one level lower: what it calls news happens at every start.
func zapLogger(log *slog.Logger) *zap.Logger { return zap.New(&slogCore{log: log.Handler()}) }

// slogCore is a zapcore.Core on a slog.Handler.
type slogCore struct {
	log    slog.Handler
	fields []zapcore.Field
}

func levelOf(l zapcore.Level) slog.Level {
	switch {
	case l >= zapcore.ErrorLevel:
		return slog.LevelError
	case l == zapcore.WarnLevel:
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

// Enabled implements zapcore.Core.
func (c *slogCore) Enabled(l zapcore.Level) bool {
	return c.log.Enabled(context.Background(), levelOf(l))
}

// With implements zapcore.Core.
func (c *slogCore) With(fields []zapcore.Field) zapcore.Core {
	return &slogCore{log: c.log, fields: slices.Concat(c.fields, fields)}
}

// Check implements zapcore.Core.
func (c *slogCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

// Write implements zapcore.Core.
func (c *slogCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	record := slog.NewRecord(e.Time, levelOf(e.Level), "certificates: "+e.Message, 0)
	facts := zapcore.NewMapObjectEncoder()
	for _, f := range slices.Concat(c.fields, fields) {
		f.AddTo(facts)
	}
	for key, value := range facts.Fields {
		record.AddAttrs(slog.Any(key, value))
	}
	return c.log.Handle(context.Background(), record)
}

// Sync implements zapcore.Core.
func (c *slogCore) Sync() error { return nil }
