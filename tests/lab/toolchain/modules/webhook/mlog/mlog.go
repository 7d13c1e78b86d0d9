// Copyright (c) 2026, the aksops.workload_identity contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package mlog offers the part of the logging interface that azure-workload-identity calls, written anew over
// log/slog, because the module of that name can no longer be fetched.
package mlog

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
)

// LogLevel names a verbosity; the order is warning < info < debug < trace < all.
type LogLevel string

// LogFormat names how a line is written.
type LogFormat string

const (
	LevelWarning LogLevel = ""
	LevelInfo    LogLevel = "info"
	LevelDebug   LogLevel = "debug"
	LevelTrace   LogLevel = "trace"
	LevelAll     LogLevel = "all"

	FormatJSON LogFormat = "json"
	FormatCLI  LogFormat = "cli"
)

// LogSpec is what a program asks for at its start.
type LogSpec struct {
	Level  LogLevel
	Format LogFormat
}

var thresholds = map[LogLevel]slog.Level{
	LevelWarning: slog.LevelWarn,
	LevelInfo:    slog.LevelInfo,
	LevelDebug:   slog.LevelDebug,
	LevelTrace:   slog.LevelDebug - 4,
	LevelAll:     slog.LevelDebug - 8,
}

var (
	threshold slog.LevelVar
	root      = slog.New(handler(FormatJSON))
)

func handler(format LogFormat) slog.Handler {
	options := &slog.HandlerOptions{Level: &threshold}
	if format == FormatCLI {
		return slog.NewTextHandler(os.Stderr, options)
	}
	return slog.NewJSONHandler(os.Stderr, options)
}

// ValidateAndSetLogLevelAndFormatGlobally sets level and format for all loggers made afterwards.
func ValidateAndSetLogLevelAndFormatGlobally(_ context.Context, spec LogSpec) error {
	level, known := thresholds[spec.Level]
	if !known {
		return fmt.Errorf("log level %q is not one of \"\", info, debug, trace, all", spec.Level)
	}
	threshold.Set(level)
	root = slog.New(handler(spec.Format))
	return nil
}

// Setup returns the function that flushes logs at the end; slog writes at once, so there is nothing left to do.
func Setup() func() { return func() {} }

// Enabled tells whether lines of this level are written.
func Enabled(level LogLevel) bool {
	return root.Enabled(context.Background(), thresholds[level])
}

// Logr is the same log for libraries that want a logr.Logger.
func Logr() logr.Logger { return logr.FromSlogHandler(root.Handler()) }

// Logger writes lines with the names and values that it was given.
type Logger struct{ inner *slog.Logger }

// New is a logger without a name.
func New() Logger { return Logger{inner: root} }

// WithName is a logger whose lines carry a name.
func WithName(name string) Logger { return New().WithName(name) }

// WithValues is a logger whose lines carry these keys and values.
func WithValues(keysAndValues ...any) Logger { return New().WithValues(keysAndValues...) }

func (l Logger) WithName(name string) Logger { return Logger{inner: l.inner.With("logger", name)} }

func (l Logger) WithValues(keysAndValues ...any) Logger {
	return Logger{inner: l.inner.With(keysAndValues...)}
}

func (l Logger) Info(message string, keysAndValues ...any)  { l.inner.Info(message, keysAndValues...) }
func (l Logger) Debug(message string, keysAndValues ...any) { l.inner.Debug(message, keysAndValues...) }
func (l Logger) Warning(message string, keysAndValues ...any) {
	l.inner.Warn(message, keysAndValues...)
}

func (l Logger) Error(message string, err error, keysAndValues ...any) {
	l.inner.Error(message, append([]any{"error", err}, keysAndValues...)...)
}

func Info(message string, keysAndValues ...any)    { New().Info(message, keysAndValues...) }
func Debug(message string, keysAndValues ...any)   { New().Debug(message, keysAndValues...) }
func Warning(message string, keysAndValues ...any) { New().Warning(message, keysAndValues...) }

func Error(message string, err error, keysAndValues ...any) {
	New().Error(message, err, keysAndValues...)
}

// Fatal writes the error and ends the program with status 1.
func Fatal(err error) {
	New().Error("fatal", err)
	os.Exit(1)
}
