package doctor

import (
	"os"

	"github.com/digierapro/parley/configs"
)

// systemChecks are those of the machine.
func systemChecks(cfg *configs.Config) []Check {
	checks := []Check{
		checkAccount(os.Geteuid()),
		checkMemory("/proc", "/sys/fs/cgroup"),
		checkOpenFiles(openFileLimit),
		checkFolder(dataFolder(cfg.Data.Dir)),
		checkDisk(cfg.Data.Dir),
		checkBuffers("/proc"),
		checkSegmentation(takesSegments),
	}
	if cfg.Blobs.Dir != "" {
		checks = append(checks, checkFolder(blobFolder(cfg.Blobs.Dir)))
	}
	return checks
}
