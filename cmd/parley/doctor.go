package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/internal/doctor"
)

const doctorUsage = `Usage: parley doctor [FLAGS]

Look at everything that a call depends on: a line for each thing, with ok, warning or FAILED, and what to change. Run it on
the server's machine as the user that Parley runs as, before the start or while the server runs; and with --probe on
another machine, to see the server as browsers there do. Nothing is changed, but for an object that is written into the bucket
of blobs.s3 and deleted again.

The exit code is 0 when nothing FAILED, 1 when something did, and 2 for a mistake in the flags or the configuration.

  parley doctor --config parley.yaml
  PARLEY_TOKEN=… parley doctor --probe parley.example.com:443

`

// tokenEnv holds a user's token for --probe, out of sight of the machine's other users.
const tokenEnv = "PARLEY_TOKEN"

// doctorUser is who makes the connection tests of `parley doctor`.
const doctorUser = "parley-doctor"

type doctorRequest struct {
	json  bool
	probe string
	token string
}

// runDoctor is `parley doctor`.
func runDoctor(args []string, stdout, stderr io.Writer) int {
	fs := pflag.NewFlagSet("parley doctor", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.SortFlags = false
	var req doctorRequest
	fs.BoolVar(&req.json, "json", false, "print one JSON object at the end")
	fs.StringVar(&req.probe, "probe", "", "try the server at this `address` from here, such as parley.example.com:443")
	fs.StringVar(&req.token, "token", "", "a user's `token` to try calls with, or "+tokenEnv+"; made with auth.secret if that is known")
	own := fs.FlagUsages()
	configs.Flags(fs)
	if err := fs.Parse(args); errors.Is(err, pflag.ErrHelp) {
		fmt.Fprint(stdout, doctorUsage, own, "\nand every flag of `parley serve`, for the configuration.\n")
		return 0
	} else if err != nil {
		fmt.Fprintln(stderr, "parley doctor:", err)
		return 2
	}
	if fs.NArg() > 0 {
		fmt.Fprintf(stderr, "parley doctor: %q is not a flag\n", fs.Arg(0))
		return 2
	}
	if req.token == "" {
		req.token = os.Getenv(tokenEnv)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	out := &doctorOutput{w: stdout, json: req.json}
	if req.probe != "" {
		return req.remote(ctx, out, stderr)
	}
	return req.local(ctx, fs, out)
}

func (r *doctorRequest) remote(ctx context.Context, out *doctorOutput, stderr io.Writer) int {
	target, err := doctor.NewTarget(r.probe, r.token, nil)
	if err != nil {
		fmt.Fprintln(stderr, "parley doctor: --probe:", err)
		return 2
	}
	return out.run(ctx, doctor.Remote(target))
}

func (r *doctorRequest) local(ctx context.Context, fs *pflag.FlagSet, out *doctorOutput) int {
	cfg, err := configs.Load(fs)
	if err != nil {
		out.add(doctor.Result{Check: "configuration", Verdict: doctor.Failed, Says: err.Error()})
		out.end(doctor.Failed)
		return 2
	}
	source := "from flags, the environment and defaults"
	if cfg.File != "" {
		source = cfg.File + " is valid"
	}
	out.add(doctor.Result{Check: "configuration", Verdict: doctor.OK, Says: source})
	token, err := r.tokenFor(cfg)
	if err != nil {
		out.add(doctor.Result{Check: "token", Verdict: doctor.Failed, Says: err.Error()})
		out.end(doctor.Failed)
		return 2
	}
	return out.run(ctx, doctor.Local(ctx, cfg, token))
}

// tokenFor is the given token, or one made with the secret; "" when there is none. Unlike the server, the doctor makes no
// secret for --dev.
func (r *doctorRequest) tokenFor(cfg *configs.Config) (string, error) {
	if r.token != "" {
		return r.token, nil
	}
	if _, err := os.Stat(cfg.Data.DevSecretFile()); err != nil && cfg.Auth.Secret == "" {
		return "", nil
	}
	keys, err := authConfig(cfg)
	if err != nil || keys.Secret == "" {
		return "", err
	}
	signer, err := auth.NewSigner(keys.Secret, keys.Issuer, keys.Audience)
	if err != nil {
		return "", err
	}
	token, _, err := signer.Sign(auth.Identity{UserID: doctorUser, Name: "parley doctor", Role: auth.RoleUser, Internal: true}, 5*time.Minute)
	return token, err
}

// doctorOutput prints results as lines, or all of them as one object.
type doctorOutput struct {
	w       io.Writer
	json    bool
	note    string
	results []doctor.Result
}

func (o *doctorOutput) run(ctx context.Context, plan doctor.Plan) int {
	o.note = plan.Note
	worst := doctor.Run(ctx, plan.Checks, o.add)
	plan.Close(context.WithoutCancel(ctx))
	o.end(worst)
	if worst == doctor.Failed {
		return 1
	}
	return 0
}

// verdictWords are the verdicts as they are printed.
var verdictWords = map[doctor.Verdict]string{doctor.OK: "ok", doctor.Warning: "warning", doctor.Failed: "FAILED"}

func (o *doctorOutput) add(r doctor.Result) {
	o.results = append(o.results, r)
	if !o.json {
		says := strings.ReplaceAll(r.Says, "\n", " ")
		fmt.Fprintf(o.w, "%-8s %-17s %s\n", verdictWords[r.Verdict], r.Check, says)
	}
}

func (o *doctorOutput) end(worst doctor.Verdict) {
	if o.json {
		_ = json.NewEncoder(o.w).Encode(struct {
			Verdict doctor.Verdict  `json:"verdict"`
			Checks  []doctor.Result `json:"checks"`
			Note    string          `json:"note,omitempty"`
		}{worst, o.results, o.note})
		return
	}
	counts := map[doctor.Verdict]int{}
	for _, r := range o.results {
		counts[r.Verdict]++
	}
	fmt.Fprintf(o.w, "\n%d ok, %d warnings, %d FAILED. %s\n", counts[doctor.OK], counts[doctor.Warning], counts[doctor.Failed], o.note)
}
