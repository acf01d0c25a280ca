package main

import (
	"fmt"
	"strings"
	"time"
)

// table gathers what was measured.
type table struct {
	costs  []costRow
	others []otherRow
}

type costRow struct {
	what                string
	ours, theirs, floor price
}

type otherRow struct {
	what, measured, limit string
	kept                  bool
}

func (t *table) compare(what string, ours, theirs, floor price) {
	t.costs = append(t.costs, costRow{what, ours, theirs, floor})
}

// time notes a duration, and its limit unless that is 0.
func (t *table) time(what string, measured, limit time.Duration) {
	row := otherRow{what, milliseconds(measured), "", limit == 0 || measured <= limit}
	if limit > 0 {
		row.limit = milliseconds(limit)
	}
	t.others = append(t.others, row)
}

func (t *table) count(what string, n int) {
	t.others = append(t.others, otherRow{what, fmt.Sprint(n), "", true})
}

// memory's limit is what the peer takes in the same run.
func (t *table) memory(sockets int, ours, theirs float64) {
	t.others = append(t.others,
		otherRow{fmt.Sprintf("resident memory per idle socket, %d of them", sockets), kibibytes(ours), kibibytes(theirs), ours <= theirs},
		otherRow{fmt.Sprintf("the same of the socket.io server, %d of them", sockets), kibibytes(theirs), "", true})
}

// kept tells whether all limits were kept: ours must be at most half of theirs.
func (t *table) kept() bool {
	for _, c := range t.costs {
		if 2*c.ours.whole() > c.theirs.server {
			return false
		}
	}
	for _, o := range t.others {
		if !o.kept {
			return false
		}
	}
	return true
}

func (t *table) markdown() string {
	var out strings.Builder
	if len(t.costs) > 0 {
		out.WriteString("| CPU per delivered message | Parley | its Postgres | both | socket.io | floor | Parley : socket.io | both : socket.io | floor : socket.io |\n|---|---|---|---|---|---|---|---|---|\n")
	}
	for _, c := range t.costs {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %.2f | %.2f | %.2f |\n", c.what, microseconds(c.ours.server), microseconds(c.ours.database),
			microseconds(c.ours.whole()), microseconds(c.theirs.server), microseconds(c.floor.server),
			ratio(c.ours.server, c.theirs.server), ratio(c.ours.whole(), c.theirs.server), ratio(c.floor.server, c.theirs.server))
	}
	if len(t.others) > 0 {
		out.WriteString("\n| | measured | limit | |\n|---|---|---|---|\n")
	}
	for _, o := range t.others {
		verdict := ""
		if o.limit != "" {
			verdict = map[bool]string{true: "kept", false: "**exceeded**"}[o.kept]
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", o.what, o.measured, o.limit, verdict)
	}
	return out.String()
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(max(1, b)) }

func microseconds(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

func kibibytes(n float64) string { return fmt.Sprintf("%.1f KiB", n/1024) }
