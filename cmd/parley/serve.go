package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/obs"
)

func runServe(args []string, stdout, stderr io.Writer) int {
	cfg, code := loadConfig("serve", args, stdout, stderr)
	if cfg == nil {
		return code
	}
	log := obs.NewLogger(stderr, cfg.Log.Level, cfg.Log.Format)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := serve(ctx, cfg, log, func(address string) {
		if cfg.Dev {
			fmt.Fprintf(stdout, "\n  Parley is ready. Open %s and pick somebody to be.\n  Stop it with Ctrl+C.\n\n", address)
		} else {
			fmt.Fprintf(stdout, "Parley is ready at %s\n", address)
		}
	})
	if err != nil {
		fmt.Fprintln(stderr, "parley:", err)
		return 1
	}
	return 0
}

// loadConfig reads the configuration of a command from its flags, the environment and the file. Without one it has told
// why, and code is the exit code.
func loadConfig(name string, args []string, stdout, stderr io.Writer) (cfg *configs.Config, code int) {
	flags := pflag.NewFlagSet("parley "+name, pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	configs.Flags(flags)
	if err := flags.Parse(args); errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintf(stdout, "Usage: parley %s [FLAGS]\n\n%s", name, flags.FlagUsages())
		return nil, 0
	} else if err != nil {
		fmt.Fprintln(stderr, "parley:", err)
		return nil, 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "parley: %s takes no argument, but was given %q\n", name, flags.Arg(0))
		return nil, 2
	}
	cfg, err := configs.Load(flags)
	if err != nil {
		fmt.Fprintln(stderr, "parley:", err)
		return nil, 2
	}
	return cfg, 0
}

// serve runs a whole server until ctx ends; ready is called once it takes connections.
func serve(ctx context.Context, cfg *configs.Config, log *slog.Logger, ready func(address string)) error {
	setGCPercent()
	if cfg.Dev {
		stopProfiles, err := startProfiles(os.Getenv(pprofEnv), log)
		if err != nil {
			return err
		}
		defer stopProfiles()
	}
	ports, err := listenTCP(cfg.Server) // first: a port that is taken must not leave a new database behind
	if err != nil {
		return err
	}
	defer closeTCP(ports)
	db, err := openDatabase(ctx, cfg, log)
	if ctx.Err() != nil {
		log.Info("stopped before it was ready")
		if err == nil {
			db.close()
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer db.close()
	files, err := openBlobs(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() { _ = files.Close() }() // nothing is written any more
	n, err := newNode(ctx, cfg, log, db, files, ports)
	if err != nil {
		return err
	}
	if err := n.media.Listen(); err != nil {
		return fmt.Errorf("server.listen: cannot open UDP port: %w", err)
	}
	if err := n.turn.listen(n.media, addressesOf(ports)[0].Port(), n.certs); err != nil {
		return err
	}
	return n.run(ctx, ready)
}
