package doctor

import "context"

// checkAccount warns of root, which Parley does not need.
func checkAccount(uid int) Check {
	return Check{Name: "account", Run: func(context.Context) Finding {
		if uid == 0 {
			return warn("This runs as root, and if the server does, too, a hole in it is a hole in the machine. " +
				"Run it as a user of its own; for a port under 1024 give that user's service AmbientCapabilities=CAP_NET_BIND_SERVICE.")
		}
		return fine("not root")
	}}
}
