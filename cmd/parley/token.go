package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"

	"github.com/digierapro/parley/configs"
	"github.com/digierapro/parley/internal/auth"
)

// maxTokenTTL keeps a slip of the finger from making a token that outlives its user.
const maxTokenTTL = 366 * 24 * time.Hour

// tokenRequest is what the flags of `parley token` ask for.
type tokenRequest struct {
	identity auth.Identity
	client   bool
	external bool
	role     string
	ttl      time.Duration
}

// runToken is `parley token`: it prints a token signed with auth.secret and returns the exit code.
func runToken(args []string, stdout, stderr io.Writer) int {
	fs := pflag.NewFlagSet("parley token", pflag.ContinueOnError)
	fs.SetOutput(stderr)
	var req tokenRequest
	req.flags(fs)
	configs.Flags(fs)
	if err := fs.Parse(args); errors.Is(err, pflag.ErrHelp) {
		return 0
	} else if err != nil {
		fmt.Fprintf(stderr, "parley token: %v\n", err)
		return 2
	}
	token, err := req.sign(fs)
	if err != nil {
		fmt.Fprintf(stderr, "parley token: %v\n", err)
		return 2
	}
	if _, err := fmt.Fprintln(stdout, token); err != nil {
		fmt.Fprintf(stderr, "parley token: write the token: %v\n", err)
		return 1
	}
	return 0
}

func (r *tokenRequest) flags(fs *pflag.FlagSet) {
	fs.StringVar(&r.identity.UserID, "user", "", "the user's `id` in the CRM (needed)")
	fs.StringVar(&r.identity.Name, "name", "", "the user's `name` for people; the id when left out")
	fs.StringVar(&r.role, "role", "", "admin, manager, user, client, or service for the directory; user when left out")
	fs.StringVar(&r.identity.Department, "department", "", "the user's `department`")
	fs.StringVar(&r.identity.Email, "email", "", "the user's e-mail `address`")
	fs.StringVar(&r.identity.AvatarURL, "avatar-url", "", "the `address` of the user's picture")
	fs.BoolVar(&r.client, "client", false, "short for --role client")
	fs.BoolVar(&r.external, "external", false, "does not belong to the company, whatever the role")
	fs.DurationVar(&r.ttl, "ttl", time.Hour, "how long the token lasts, such as 90s, 15m or 24h")
}

// sign checks the request first, so that a slip in it is not answered with a question about the configuration.
func (r *tokenRequest) sign(fs *pflag.FlagSet) (string, error) {
	if err := r.settle(fs.Args()); err != nil {
		return "", err
	}
	cfg, err := configs.Load(fs)
	if err != nil {
		return "", err
	}
	keys, err := authConfig(cfg)
	if err != nil {
		return "", err
	}
	if keys.Secret == "" {
		return "", errors.New("tokens are checked with keys of the CRM, so only the CRM can sign them: a token needs auth.secret")
	}
	signer, err := auth.NewSigner(keys.Secret, keys.Issuer, keys.Audience)
	if err != nil {
		return "", err
	}
	token, _, err := signer.Sign(r.identity, r.ttl)
	return token, err
}

func (r *tokenRequest) settle(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("%q is not a flag", rest[0])
	}
	if r.identity.UserID == "" {
		return errors.New("--user is needed: the user's id in the CRM")
	}
	role := auth.Role(r.role)
	switch {
	case r.client && r.role != "" && role != auth.RoleClient:
		return fmt.Errorf("--client and --role %s contradict each other", r.role)
	case r.client:
		role = auth.RoleClient
	case r.role == "":
		role = auth.RoleUser
	case !role.Valid() && role != auth.RoleService:
		return fmt.Errorf("--role %q is none of admin, manager, user, client and service", r.role)
	}
	if r.ttl < time.Second || r.ttl > maxTokenTTL {
		return fmt.Errorf("--ttl %v is not between 1s and %v", r.ttl, maxTokenTTL)
	}
	r.identity.Role = role
	r.identity.Internal = role.Valid() && role != auth.RoleClient && !r.external
	return nil
}

// authConfig says how tokens are checked. With --dev and nothing configured, that is a secret of the data folder's own.
func authConfig(cfg *configs.Config) (auth.Config, error) {
	a := auth.Config(cfg.Auth)
	if a.Secret != "" || a.PublicKeyFile != "" || a.JWKSURL != "" || !cfg.Dev {
		return a, nil
	}
	secret, err := auth.LoadOrCreateSecret(cfg.Data.DevSecretFile())
	if err != nil {
		return auth.Config{}, fmt.Errorf("data.dir: %w", err)
	}
	a.Secret = secret
	return a, nil
}
