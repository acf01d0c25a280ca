// Package bwe estimates how many bits per second a client can receive, from what the client reports about the packets
// sent to it: the send side of congestion control for one subscriber. It follows draft-ietf-rmcat-gcc-02 in outline
// (arrival delay and loss, additive and multiplicative increase) with transport-wide feedback as in
// draft-holmer-rmcat-transport-wide-cc-extensions-01, and departs from it where a forwarder differs from an encoder: it
// cannot send just as much as the estimate allows, but only the layers that publishers send. So the estimate may not
// rise because nothing speaks against it, nor collapse to what happens to be sent; it moves up by probes.
//
//	Sent ──► History ◄── report            what arrived when, what was lost
//	            │ []Result
//	            ├──► Prober ──► probe result ──┐
//	            └──► Estimator ◄───────────────┘ ──► bits per second ──► allocate
//
// Controller ties them together and is all that a sender needs.
//
// Rates are in bits per second and count whole datagrams; times are a time.Duration since any fixed moment of a
// monotonic clock. Nothing here is safe for concurrent use, starts anything, or allocates in steady state.
package bwe
