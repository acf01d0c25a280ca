package doctor

// Remote plans the checks of a server from another machine, as browsers there meet it.
func Remote(t *Target) Plan {
	checks := []Check{t.checkTCP()}
	if t.base.Scheme == "https" {
		checks = append(checks, t.checkChain("TLS", t.base.Hostname()))
	}
	checks = append(checks,
		t.checkHealth("health", "See that the server runs, and what stands between it and here."),
		checkClock([]clock{webClock("the server", t.base.String()+"/api/health", t.client)}),
	)
	if t.token == "" {
		return Plan{Checks: append(checks, t.checkSTUN()), Note: noToken}
	}
	return Plan{Checks: append(checks, t.callChecks()...), target: t}
}

// callChecks try the ways that media may take. They share one connection test of the server's.
func (t *Target) callChecks() []Check {
	checks := []Check{
		t.checkDirect("udp", "call over UDP", "Open the UDP port in the firewall and forward it, and set media.publicIp to the address that is reachable from here."),
		t.checkDirect("tcp", "call over TCP", "Open the TCP port in the firewall and forward it unchanged: a proxy for HTTP does not pass on media."),
	}
	for _, way := range turnNames {
		checks = append(checks, t.checkTURN(way))
	}
	return checks
}
