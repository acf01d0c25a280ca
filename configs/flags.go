package configs

import (
	"fmt"

	"github.com/spf13/pflag"
)

const (
	flagConfig         = "config"
	flagDev            = "dev"
	flagDevAllowRemote = "dev-allow-remote"

	// envConfig names the file where no flag does.
	envConfig = "PARLEY_CONFIG"
)

// shortNames are other names of the two flags that are typed most.
var shortNames = map[string]string{"listen": "server.listen", "data-dir": "data.dir"}

// Flags adds to fs the flags that Load reads: the file, the development mode, and one flag for each key.
func Flags(fs *pflag.FlagSet) {
	fs.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if long, ok := shortNames[name]; ok {
			name = long
		}
		return pflag.NormalizedName(name)
	})
	fs.SortFlags = false
	fs.String(flagConfig, "", "the YAML `file` to read, or "+envConfig+"; configs/parley.yaml documents every key")
	fs.Bool(flagDev, false, "a trial without a CRM: demo users, a sign-in page, "+devListen+" and ./parley-data")
	fs.Bool(flagDevAllowRemote, false, "let --dev listen where others can reach it, and sign in as anybody")
	for _, f := range fields(&Config{}) {
		usage := fmt.Sprintf("`value` of %s, or %s", f.key, f.env())
		for short, long := range shortNames {
			if long == f.key {
				usage += ", or --" + short
			}
		}
		if f.isList() {
			fs.StringSlice(f.key, nil, usage)
		} else {
			fs.String(f.key, "", usage)
		}
	}
}
