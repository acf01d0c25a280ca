package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// times are the machine's, in ticks since it was started.
type times struct{ idle, total int64 }

// machineTimes reads the first line of /proc/stat.
func machineTimes() (t times, err error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return t, errors.New("/proc/stat has another form")
	}
	for i, field := range fields[1:9] { // what guests use is part of what users use
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return t, fmt.Errorf("/proc/stat: %w", err)
		}
		t.total += n
		if i == 3 || i == 4 { // idle, and waiting for disks
			t.idle += n
		}
	}
	return t, nil
}

// busySince is the part of the time since then in which the processors worked.
func (t times) busySince(then times) float64 {
	return 1 - float64(t.idle-then.idle)/float64(max(1, t.total-then.total))
}
