package doctor

import (
	"context"
	"net/http"

	"github.com/digierapro/parley/internal/auth"
)

// checkKeys fetches the keys of the CRM as the server does.
func checkKeys(url string, transport http.RoundTripper) Check {
	return Check{Name: "keys of the CRM", Run: func(ctx context.Context) Finding {
		usable, err := auth.CheckJWKS(ctx, url, transport)
		if err != nil {
			return fail("The keys at auth.jwksUrl cannot be had: %s. Nobody can sign in until the address is right and this machine may reach it.", reason(err))
		}
		return fine("%d usable", usable)
	}}
}
