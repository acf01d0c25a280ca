package configs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// loader gathers the values and remembers where each came from, so that an error can say where to look.
type loader struct {
	viper *viper.Viper
	flags *pflag.FlagSet
	path  string
	file  fileKeys
}

// Load makes the configuration out of the flags in fs (added by Flags and parsed), the environment, the file and the
// defaults, in this order, and checks it. The error is one sentence for the operator that names the key and its source.
func Load(fs *pflag.FlagSet) (*Config, error) {
	c := Defaults()
	l := loader{viper: viper.New(), flags: fs}
	if err := l.readModes(&c); err != nil {
		return nil, err
	}
	if c.Dev {
		c.Server.Listen = devListen
	}
	if err := checkEnv(os.Environ()); err != nil {
		return nil, err
	}
	if err := l.readFile(); err != nil {
		return nil, err
	}
	c.File = l.path
	for _, f := range fields(&c) {
		if err := l.readKey(f); err != nil {
			return nil, err
		}
	}
	if err := c.settle(); err != nil {
		return nil, err
	}
	if err := l.validate(&c); err != nil {
		return nil, err
	}
	return &c, nil
}

// readModes reads the flags that are no keys.
func (l *loader) readModes(c *Config) (err error) {
	if c.Dev, err = l.flags.GetBool(flagDev); err != nil {
		return err
	}
	if c.DevAllowRemote, err = l.flags.GetBool(flagDevAllowRemote); err != nil {
		return err
	}
	if l.path, err = l.flags.GetString(flagConfig); err != nil {
		return err
	}
	if l.path == "" {
		l.path = os.Getenv(envConfig)
	}
	if l.path == "" && l.flags.Changed(flagConfig) {
		return fmt.Errorf("--%s is empty: name a file", flagConfig)
	}
	return nil
}

func (l *loader) readFile() error {
	if l.path == "" {
		return nil
	}
	data, err := readFile(l.path)
	if err != nil {
		return err
	}
	if l.file, err = checkFile(l.path, data); err != nil {
		return err
	}
	l.viper.SetConfigType("yaml")
	if err := l.viper.ReadConfig(bytes.NewReader(data)); err != nil {
		return fmt.Errorf("%s cannot be read: %s", l.path, oneLine(err))
	}
	return nil
}

// readKey lets viper choose among the sources of one key and parses what it finds.
func (l *loader) readKey(f field) error {
	var def any = f.texts()
	if !f.isList() {
		def = f.texts()[0]
	}
	l.viper.SetDefault(f.key, def)
	if err := l.viper.BindEnv(f.key, f.env()); err != nil {
		return fmt.Errorf("%s: %w", f.key, err)
	}
	if err := l.viper.BindPFlag(f.key, l.flags.Lookup(f.key)); err != nil {
		return fmt.Errorf("%s: %w", f.key, err)
	}
	texts, err := asTexts(l.viper.Get(f.key), f.isList())
	if err == nil {
		err = f.set(texts)
	}
	if err != nil {
		return fmt.Errorf("%s (%s): %w", f.key, l.source(f.key), err)
	}
	return nil
}

// asTexts brings the shapes that viper hands out to one. A list in an environment variable is parted by commas.
func asTexts(value any, list bool) ([]string, error) {
	switch v := value.(type) {
	case nil:
		if list {
			return nil, nil
		}
		return []string{""}, nil
	case string:
		if !list {
			return []string{v}, nil
		}
		var texts []string
		for _, s := range strings.Split(v, ",") {
			if s = strings.TrimSpace(s); s != "" {
				texts = append(texts, s)
			}
		}
		return texts, nil
	case int:
		return []string{strconv.Itoa(v)}, nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case []string:
		return v, nil
	case []any:
		var texts []string
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, errors.New("must be a list of texts")
			}
			texts = append(texts, s)
		}
		return texts, nil
	}
	return nil, errors.New("must be one value of the right type")
}

// source says where the value of a key came from, in words for an error.
func (l *loader) source(key string) string {
	env := field{key: key}.env()
	line, inFile := l.file[key]
	switch {
	case l.flags.Changed(key):
		return "--" + key
	case os.Getenv(env) != "":
		return env
	case inFile:
		return fmt.Sprintf("%s:%d", l.path, line)
	}
	return "by default"
}

// checkEnv refuses a variable that is nearly one of ours. One that is far from all of them may be somebody else's:
// Kubernetes sets PARLEY_PORT and the like for a service named parley.
func checkEnv(environ []string) error {
	known := []string{envConfig}
	for _, f := range fields(&Config{}) {
		known = append(known, f.env())
	}
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(strings.ToUpper(name), "PARLEY_") || slices.Contains(known, name) {
			continue
		}
		for _, k := range known {
			if distance(strings.ToUpper(name), k) <= 2 {
				return fmt.Errorf("the environment variable %s sets nothing (did you mean %s?)", name, k)
			}
		}
	}
	return nil
}

// asSent writes an origin as browsers send it: in lower case, without the scheme's own port and without a slash.
func asSent(origin string) string {
	origin = strings.ToLower(strings.TrimRight(origin, "/"))
	if strings.HasPrefix(origin, "https://") {
		return strings.TrimSuffix(origin, ":443")
	}
	return strings.TrimSuffix(origin, ":80")
}

// settle fills in what depends on how we are run.
func (c *Config) settle() error {
	c.Server.PublicURL = asSent(c.Server.PublicURL)
	for i, origin := range c.Server.AllowedOrigins {
		c.Server.AllowedOrigins[i] = asSent(origin)
	}
	if c.Data.Dir == "" {
		c.Data.Dir = "parley-data"
		if os.Geteuid() == 0 && !c.Dev {
			c.Data.Dir = "/var/lib/parley"
		}
	}
	dir, err := filepath.Abs(c.Data.Dir)
	if err != nil {
		return fmt.Errorf("data.dir: %w", err)
	}
	c.Data.Dir = dir
	if err := c.Blobs.settle(c.Data); err != nil {
		return fmt.Errorf("blobs.dir: %w", err)
	}
	return nil
}
