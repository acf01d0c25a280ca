package doctor

import "os"

// systemChecks are those of the machine.
func systemChecks(dataDir string) []Check {
	return []Check{
		checkAccount(os.Geteuid()),
		checkMemory("/proc", "/sys/fs/cgroup"),
		checkOpenFiles(openFileLimit),
		checkFolder(dataDir),
		checkDisk(dataDir),
		checkBuffers("/proc"),
		checkSegmentation(takesSegments),
	}
}
