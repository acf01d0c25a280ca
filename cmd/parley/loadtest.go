package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/auth"
	"github.com/digierapro/parley/loadtest"
)

const loadtestUsage = `Usage: parley loadtest [FLAGS]

Fill one call of a server with participants that send and receive media, measure what comes out of it, and leave.
The participants are users named loadtest-001 and so on, who stay in the server's list of users. They meet in the
general channel, and nobody is rung.

Tokens are signed with --secret, with auth.secret of the configuration, or with the secret of a server that was started
with --dev on this machine. With --json each line is an object: {"event":"phase","phase":…} as the test goes on, and at
its end {"event":"report","report":{…}}.

  parley loadtest --dev --publishers 1 --subscribers 20
  parley loadtest --config parley.yaml --url https://parley.example.com --i-own-this-server --publishers 10 --simulcast --view 320x180

`

// loadtestRequest is what the flags of `parley loadtest` ask for.
type loadtestRequest struct {
	run     loadtest.Config
	url     string
	secret  string
	view    string
	turn    string
	json    bool
	ownsIt  bool
	lookups func(ctx context.Context, host string) ([]net.IPAddr, error)
}

// runLoadtest is `parley loadtest`.
func runLoadtest(args []string, stdout, stderr io.Writer) int {
	fs := pflag.NewFlagSet("parley loadtest", pflag.ContinueOnError)
	fs.SetOutput(io.Discard)
	req := &loadtestRequest{lookups: net.DefaultResolver.LookupIPAddr}
	req.flags(fs)
	own := fs.FlagUsages()
	configs.Flags(fs)
	if err := fs.Parse(args); errors.Is(err, pflag.ErrHelp) {
		fmt.Fprint(stdout, loadtestUsage, own, "\nand every flag of `parley serve`, for the configuration.\n")
		return 0
	} else if err != nil {
		fmt.Fprintln(stderr, "parley loadtest:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	tokens, err := req.settle(ctx, fs)
	if err != nil {
		fmt.Fprintln(stderr, "parley loadtest:", err)
		return 2
	}
	if err := req.measure(ctx, tokens, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "parley loadtest:", err)
		return 1
	}
	return 0
}

func (r *loadtestRequest) flags(fs *pflag.FlagSet) {
	c := &r.run
	fs.SortFlags = false
	fs.StringVar(&r.url, "url", "http://127.0.0.1:8080", "the server's `address`")
	fs.StringVar(&r.secret, "secret", "", "the server's auth.secret, to sign tokens with")
	fs.IntVar(&c.Publishers, "publishers", 1, "participants that send, and receive each other")
	fs.IntVar(&c.Subscribers, "subscribers", 10, "participants that only receive; 0 is allowed")
	fs.DurationVar(&c.Duration, "duration", 10*time.Second, "how long to measure, 1s to 1h")
	fs.DurationVar(&c.WarmUp, "warm-up", 2*time.Second, "how long media flows before that")
	fs.DurationVar(&c.Connect, "connect", 30*time.Second, "the time until all streams must flow")
	fs.BoolVar(&c.AudioOnly, "audio-only", false, "a voice call")
	fs.IntVar(&c.Talkers, "talkers", 0, "how many publishers speak, the others sending silence; 0 for all")
	fs.IntVar(&c.VideoBitrate, "video-bitrate", 1_200_000, "of each camera's full picture, in bit/s")
	fs.BoolVar(&c.Simulcast, "simulcast", false, "cameras send three layers: 1280x720 and its half and quarter")
	fs.BoolVar(&c.Paced, "paced", false, "spread a frame's packets over the frame's time instead of sending them at once, as browsers do")
	fs.StringVar(&r.view, "view", "", "show everybody at this `size`, such as 320x180")
	fs.IntVar(&c.AudioSlots, "audio-slots", 0, "audio sections a participant receives with; 0 for one a publisher")
	fs.IntVar(&c.VideoSlots, "video-slots", 0, "video sections a participant receives with; 0 for one a publisher")
	fs.StringVar(&r.turn, "turn", "", "go by the TURN server at `user:password@host:port`, over UDP; runs of less than 5 minutes")
	fs.BoolVar(&r.json, "json", false, "print lines of JSON")
	fs.BoolVar(&r.ownsIt, "i-own-this-server", false, "allow an address that is not on this machine")
}

// settle checks the request and returns the maker of tokens. The configuration comes last, so that a slip in the flags is
// not answered with a question about it.
func (r *loadtestRequest) settle(ctx context.Context, fs *pflag.FlagSet) (tokens func(int) (string, error), err error) {
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("%q is not a flag", fs.Arg(0))
	}
	if r.run.View, err = parseSize(r.view); err != nil {
		return nil, err
	}
	if r.run.TURN, err = parseTURN(r.turn); err != nil {
		return nil, err
	}
	if err := r.run.Validate(); err != nil {
		return nil, fmt.Errorf("--%w", err)
	}
	if err := r.checkURL(ctx); err != nil {
		return nil, err
	}
	if r.secret != "" {
		if err := fs.Set("auth.secret", r.secret); err != nil {
			return nil, fmt.Errorf("--secret: %w", err)
		}
	}
	cfg, err := configs.Load(fs)
	if err != nil {
		return nil, err
	}
	return r.signing(cfg)
}

// parseTURN reads "user:password@192.0.2.1:3478", of which the user may have colons; nil for "".
func parseTURN(text string) (*loadtest.TURN, error) {
	if text == "" {
		return nil, nil
	}
	at, sign := strings.LastIndexByte(text, '@'), -1
	if at >= 0 {
		sign = strings.LastIndexByte(text[:at], ':')
	}
	if sign < 0 {
		return nil, errors.New("--turn is not of the form user:password@host:port")
	}
	server, err := netip.ParseAddrPort(text[at+1:])
	if err != nil {
		return nil, fmt.Errorf("--turn: %w", err)
	}
	return &loadtest.TURN{Server: server, Username: text[:sign], Password: text[sign+1 : at]}, nil
}

// parseSize reads "320x180"; nil for "".
func parseSize(text string) (*loadtest.Size, error) {
	if text == "" {
		return nil, nil
	}
	w, h, ok := strings.Cut(text, "x")
	width, widthErr := strconv.Atoi(w)
	height, heightErr := strconv.Atoi(h)
	if !ok || widthErr != nil || heightErr != nil {
		return nil, fmt.Errorf("--view %q is not a size such as 320x180", text)
	}
	return &loadtest.Size{Width: width, Height: height}, nil
}

// checkURL keeps a slip from putting load on somebody else's server.
func (r *loadtestRequest) checkURL(ctx context.Context) error {
	u, err := url.Parse(r.url)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return fmt.Errorf("--url %q is not an address such as http://127.0.0.1:8080", r.url)
	}
	if r.ownsIt {
		return nil
	}
	addrs, err := r.lookups(ctx, u.Hostname())
	if err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	for _, a := range addrs {
		if !a.IP.IsLoopback() {
			return fmt.Errorf("%s is not on this machine; a load test can take a server down, so say --i-own-this-server if it is yours", u.Hostname())
		}
	}
	return nil
}

// signing returns the maker of tokens for the participants, which last for the test and some time more.
func (r *loadtestRequest) signing(cfg *configs.Config) (func(int) (string, error), error) {
	keys, err := authConfig(cfg)
	if err != nil {
		return nil, err
	}
	if keys.Secret == "" {
		return nil, errors.New("tokens are checked with keys of the CRM, so only the CRM can sign them: a load test needs auth.secret")
	}
	signer, err := auth.NewSigner(keys.Secret, keys.Issuer, keys.Audience)
	if err != nil {
		return nil, err
	}
	ttl := r.run.Duration + r.run.WarmUp + r.run.Connect + 10*time.Minute
	return func(i int) (string, error) {
		token, _, err := signer.Sign(auth.Identity{
			UserID: fmt.Sprintf("loadtest-%03d", i+1), Name: fmt.Sprintf("Load Test %d", i+1), Role: auth.RoleUser, Internal: true,
		}, ttl)
		return token, err
	}, nil
}

// measure runs the test and prints what it finds.
func (r *loadtestRequest) measure(ctx context.Context, tokens func(int) (string, error), stdout, stderr io.Writer) error {
	lines := json.NewEncoder(stdout)
	var phaseErr error
	r.run.OnPhase = func(p loadtest.Phase) {
		if r.json {
			phaseErr = errors.Join(phaseErr, lines.Encode(map[string]string{"event": "phase", "phase": string(p)}))
		} else {
			fmt.Fprintf(stderr, "%s…\n", p)
		}
	}
	starting, cancel := context.WithTimeout(ctx, r.run.Connect)
	defer cancel()
	call, err := loadtest.StartCall(starting, r.url, r.run.AudioOnly, tokens)
	if err != nil {
		return err
	}
	defer call.Close()
	report, err := loadtest.Run(ctx, r.run, call.Take)
	if err = errors.Join(err, phaseErr); err != nil {
		return err
	}
	if r.json {
		return lines.Encode(map[string]any{"event": "report", "report": report})
	}
	return report.WriteText(stdout)
}
