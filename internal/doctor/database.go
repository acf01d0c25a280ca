package doctor

import (
	"context"
	"path/filepath"
	"time"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/store/postgres"
)

// slowDatabase is a way to the database that people feel: a message takes several questions.
const slowDatabase = 20 * time.Millisecond

// checkDatabase looks at the operator's database, or at the one that Parley runs itself.
func checkDatabase(cfg *configs.Config) Check {
	return Check{Name: "database", Run: func(ctx context.Context) Finding {
		if cfg.Database.URL != "" {
			return inspectDatabase(ctx, cfg.Database.URL, "See that database.url is right, that the database runs, and that its firewall and pg_hba.conf let this machine in.")
		}
		dir := filepath.Join(cfg.Data.Dir, "postgres")
		url, err := postgres.RunningURL(dir)
		if err != nil {
			return fail("Parley's own database cannot be looked at: %s. Run the doctor as the user that Parley runs as, or as root.", reason(err))
		}
		if url != "" {
			return inspectDatabase(ctx, url, "Stop Parley and start it again: it repairs and restarts its own database.")
		}
		version, err := postgres.InstalledVersion(ctx, dir, cfg.Database.BinDir)
		if err != nil {
			return fail("Parley cannot run a database of its own: %s.", err)
		}
		return fine("Postgres %s is installed and starts with the server", version)
	}}
}

func inspectDatabase(ctx context.Context, url, advice string) Finding {
	i, err := postgres.Inspect(ctx, url)
	switch {
	case err != nil:
		return fail("The database cannot be used: %s. %s", postgres.Explain(err), advice)
	case i.TooOld:
		return fail("The database is Postgres %s, which is too old. Use Postgres 13 or newer.", i.Version)
	case i.Foreign != nil:
		return fail("The schema does not fit this program: %s.", i.Foreign)
	case i.Latency > slowDatabase:
		return warn("The database takes %s to answer a small question, and each message asks several. Move it nearer to the server.", milliseconds(i.Latency))
	case i.Applied < i.Known:
		return fine("Postgres %s, answers in %s; the next start brings its schema from version %d to %d", i.Version, milliseconds(i.Latency), i.Applied, i.Known)
	}
	return fine("Postgres %s, schema version %d, answers in %s", i.Version, i.Applied, milliseconds(i.Latency))
}
