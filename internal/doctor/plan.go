package doctor

import "context"

// Plan is a list of checks and what was left out of it.
type Plan struct {
	Checks []Check
	Note   string // for the operator; "" when nothing was left out

	target *Target // whose session the checks share; nil when they have none
}

const noToken = "Calls were not tried: that needs a user's token, in PARLEY_TOKEN or --token."

// Close ends at the server what the checks began.
func (p Plan) Close(ctx context.Context) {
	if p.target != nil {
		p.target.close(ctx)
	}
}
