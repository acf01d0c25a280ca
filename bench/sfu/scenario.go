package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// scenario is one kind of call.
type scenario struct {
	Name                    string
	What                    string
	publishers, subscribers int
	flags                   []string
	limit                   float64 // CPU µs a forwarded packet where the floor is usualFloor; 0 for none
	procs                   int     // GOMAXPROCS of the server; 0 for all
}

// scenarios are what the limits are about. A call has at most 50 participants, so of 1x50 there are 49 that receive. A
// frame's packets come at once, as browsers send them: of a frame of Chromium's, five packets of VP8, half come within
// 0.04 ms and nine in ten within 0.5 ms. Paced evenly, which nobody does, they cost more, since each is a wake-up of its
// own and nothing can be joined; that is measured too.
var scenarios = []scenario{
	{Name: "1x20", What: "1 camera and microphone to 20", publishers: 1, subscribers: 20, limit: 8.0},
	{Name: "1x50", What: "1 camera and microphone to a full call (49)", publishers: 1, subscribers: 49, limit: 6.2},
	{Name: "4x4", What: "4 with camera and microphone", publishers: 4, limit: 17},
	{Name: "10x10-audio", What: "10 with microphone", publishers: 10, flags: []string{"--audio-only"}, limit: 16},
	{Name: "10x10-simulcast", What: "10 with three layers, shown at 320x180", publishers: 10,
		flags: []string{"--simulcast", "--view", "320x180"}},
	{Name: "50-talk3", What: "50 with microphone, 3 of them talk, 4 audio slots", publishers: 50,
		flags: []string{"--audio-only", "--talkers", "3", "--audio-slots", "4"}},
	{Name: "1x20-paced", What: "as 1x20, each frame's packets spread evenly", publishers: 1, subscribers: 20,
		flags: []string{"--paced"}, limit: 8.0},
	{Name: "1x50-paced", What: "as 1x50, each frame's packets spread evenly", publishers: 1, subscribers: 49,
		flags: []string{"--paced"}, limit: 6.2},
}

// floorOf is the floor with the scenario's own pacing.
func (s *scenario) floorOf(one *sample) float64 {
	if slices.Contains(s.flags, "--paced") || slices.Contains(s.flags, "--audio-only") {
		return one.floor
	}
	return one.floorBurst
}

func (s *scenario) participants() int { return s.publishers + s.subscribers }

func (s *scenario) loadtestFlags() []string {
	return append([]string{
		"--publishers", strconv.Itoa(s.publishers), "--subscribers", strconv.Itoa(s.subscribers),
	}, s.flags...)
}

// atProcs is the scenario with the server held to so many cores.
func (s scenario) atProcs(n int) scenario {
	s.Name = fmt.Sprintf("%s@%d", s.Name, n)
	s.What = fmt.Sprintf("as %s, the server at GOMAXPROCS %d", strings.TrimSuffix(s.Name, fmt.Sprintf("@%d", n)), n)
	s.procs, s.limit = n, 0
	return s
}

func selectScenarios(list string) ([]scenario, error) {
	if list == "" {
		return scenarios, nil
	}
	var selected []scenario
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no scenario %q", name)
		}
		selected = append(selected, scenarios[i])
	}
	return selected, nil
}
