//go:build !linux

package doctor

import (
	"os"

	"github.com/digierapro/parley/configs"
)

// systemChecks are those of the machine. The others ask Linux.
func systemChecks(*configs.Config) []Check { return []Check{checkAccount(os.Geteuid())} }
