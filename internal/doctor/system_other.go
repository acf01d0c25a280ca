//go:build !linux

package doctor

import "os"

// systemChecks are those of the machine. The others ask Linux.
func systemChecks(string) []Check { return []Check{checkAccount(os.Geteuid())} }
