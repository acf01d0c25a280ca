package doctor

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	littleMemory = 256 << 20 // a server with its database and a small call
	enoughMemory = 1 << 30
)

// checkMemory looks at what is left of the machine's memory and, in a container, of its limit.
func checkMemory(proc, cgroup string) Check {
	return Check{Name: "memory", Run: func(context.Context) Finding {
		free, err := availableMemory(proc, cgroup)
		switch {
		case err != nil:
			return warn("The memory cannot be read (%s). See that %s is there.", reason(err), proc)
		case free < littleMemory:
			return fail("Only %s of memory are free. Calls will be cut off when it runs out: add memory, or stop something else.", size(free))
		case free < enoughMemory:
			return warn("Only %s of memory are free. That is enough for small calls; have %s for more.", size(free), size(enoughMemory))
		}
		return fine("%s free", size(free))
	}}
}

func availableMemory(proc, cgroup string) (uint64, error) {
	text, err := os.ReadFile(filepath.Join(proc, "meminfo"))
	if err != nil {
		return 0, err
	}
	var free uint64
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			free, err = strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			free <<= 10
		}
	}
	limit, limited := number(filepath.Join(cgroup, "memory.max"))
	used, known := number(filepath.Join(cgroup, "memory.current"))
	if limited && known {
		free = min(free, limit-min(used, limit))
	}
	return free, err
}

// number reads a file of /proc or /sys that holds one; false when it holds something else, such as "max".
func number(path string) (uint64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
