package postgres

import (
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/digierapro/parley/internal/fault"
)

// Explain puts the reason for which a database cannot be used in one line for the operator: what its server says, or else
// what the network says. The errors as they come have a line for each address and each way that was tried, and a sentence
// for users of the chat in front.
func Explain(err error) string {
	var (
		said    *pgconn.PgError
		network *net.OpError
		told    *fault.Error
	)
	switch {
	case errors.As(err, &said):
		return said.Message
	case errors.As(err, &network):
		return network.Error()
	case errors.As(err, &told) && told.Unwrap() != nil:
		err = told.Unwrap()
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}
