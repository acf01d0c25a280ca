package doctor

import (
	"context"

	"golang.org/x/sys/unix"
)

const (
	fewFiles    = 1024
	enoughFiles = 16384
)

// checkOpenFiles looks at how many connections a process may hold. Go raises the soft limit to the hard one by itself.
func checkOpenFiles(limit func() (uint64, error)) Check {
	return Check{Name: "open files", Run: func(context.Context) Finding {
		most, err := limit()
		const advice = "Each connected browser takes one. Set LimitNOFILE=65536 in the service, or `ulimit -n 65536`."
		switch {
		case err != nil:
			return warn("The limit of open files cannot be read (%s). Set LimitNOFILE=65536 in the service.", reason(err))
		case most < fewFiles:
			return fail("A process here may have only %d files and connections open. %s", most, advice)
		case most < enoughFiles:
			return warn("A process here may have only %d files and connections open. %s", most, advice)
		}
		return fine("at most %d in a process started from here", most)
	}}
}

func openFileLimit() (uint64, error) {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	return limit.Max, err
}
