package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const programTimeout = 10 * time.Second // for a program to say its version

// programs is an installed Postgres server.
type programs struct {
	dir     string // holds postgres and initdb
	major   int
	version string
}

func (p programs) path(name string) string { return filepath.Join(p.dir, name) }

// findPrograms finds a server that fits a cluster made by the given major version; any, the newest first, when that is 0.
func findPrograms(ctx context.Context, binDir string, major int, data string) (programs, error) {
	var found []programs
	for _, dir := range programFolders(ctx, binDir) {
		p, err := programsIn(ctx, dir)
		if err != nil && binDir != "" {
			return programs{}, fmt.Errorf("database.binDir: there is no Postgres server in %s: %w", binDir, err)
		}
		if err == nil && (p.major == major || major == 0 && p.major >= minServer/10000) {
			return p, nil
		}
		if err == nil {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 0:
		return programs{}, errors.New("no Postgres server is installed: install it (on Debian: apt-get install postgresql), " +
			"name its folder in database.binDir, or set database.url")
	case major == 0:
		return programs{}, fmt.Errorf("the installed Postgres %s is too old: Parley needs Postgres %d or newer", found[0].version, minServer/10000)
	}
	return programs{}, fmt.Errorf("the database in %s was made by Postgres %d, and here is Postgres %s (%s): install Postgres %d "+
		"and name its folder in database.binDir, or move the data over with pg_upgrade or with pg_dump and a database.url",
		data, major, found[0].version, found[0].dir, major)
}

// programFolders lists where a server may be, the likeliest first.
func programFolders(ctx context.Context, binDir string) []string {
	if binDir != "" {
		return []string{binDir}
	}
	var dirs []string
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"} {
		match, _ := filepath.Glob(pattern) // the patterns are well-formed
		slices.SortFunc(match, func(a, b string) int { return numberIn(b) - numberIn(a) })
		dirs = append(dirs, match...)
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

func numberIn(s string) int {
	n, _ := strconv.Atoi(digits.FindString(s)) // 0 when there is none
	return n
}

func programsIn(ctx context.Context, dir string) (programs, error) {
	p := programs{dir: dir}
	if _, err := os.Stat(p.path("initdb")); err != nil {
		return p, err
	}
	ctx, cancel := context.WithTimeout(ctx, programTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, p.path("postgres"), "--version").Output()
	if err != nil {
		return p, fmt.Errorf("%s --version: %w", p.path("postgres"), err)
	}
	// "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
	_, version, ok := strings.Cut(strings.TrimSpace(string(out)), "(PostgreSQL) ")
	version, _, _ = strings.Cut(version, " ")
	if p.major = numberIn(version); !ok || p.major == 0 {
		return p, fmt.Errorf("%s says %q for its version", p.path("postgres"), out)
	}
	p.version = version
	return p, nil
}
