package signaling

import "github.com/digierapro/parley/internal/fault"

// errorTable lists every code that a client can meet, for docs/protocol.md. A test finds the codes in the source.
var errorTable = []struct {
	code string
	kind fault.Kind
	doc  string
}{
	{"bad_request", fault.Invalid, "The request does not have the form that this page gives; `details.field` names the field."},
	{"unknown_event", fault.Invalid, "There is no event of this name."},
	{"path_not_found", fault.NotFound, "There is no such path."},
	{"body_too_large", fault.TooLarge, "The body of a REST request is over 128 KiB."},
	{"internal", fault.Internal, "A defect; it is in the server's log."},
}
