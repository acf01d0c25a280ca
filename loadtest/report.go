package loadtest

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Report is what a run measured. All but the first three fields are about the measured time alone.
type Report struct {
	Publishers  int     `json:"publishers"`
	Subscribers int     `json:"subscribers"`
	ConnectMs   float64 `json:"connectMs"` // from the first join until every stream flowed

	Seconds         float64 `json:"seconds"`
	Sent            uint64  `json:"sentPackets"`      // media packets that the publishers sent
	Forwarded       uint64  `json:"forwardedPackets"` // media packets that the receivers got
	ForwardedPerSec float64 `json:"forwardedPerSecond"`
	BitsPerSec      float64 `json:"forwardedBitsPerSecond"` // UDP payload
	Lost            uint64  `json:"lostPackets"`            // gaps in the numbers of the received streams
	LossPercent     float64 `json:"lossPercent"`
	Resent          uint64  `json:"retransmittedPackets"` // that receivers got
	Duplicates      uint64  `json:"duplicatePackets"`
	Streams         int     `json:"streams"`        // received ones that were expected
	SilentStreams   int     `json:"silentStreams"`  // of them, those in which nothing came
	PLIs            uint64  `json:"keyFrameWishes"` // that publishers were sent
	NACKs           uint64  `json:"packetsAskedFor"`

	Latency Latency `json:"latency"` // from the publisher's sending to the receiver's kernel
	Jitter  Latency `json:"generatorLateness"`
	CPU     float64 `json:"generatorCpuPercent"` // of one core; 0 where it is not known
}

// Latency is a distribution, in milliseconds.
type Latency struct {
	Samples int     `json:"samples"`
	P50     float64 `json:"p50Ms"`
	P95     float64 `json:"p95Ms"`
	P99     float64 `json:"p99Ms"`
	Max     float64 `json:"maxMs"`
}

// maxSamples bounds what one loop remembers.
const maxSamples = 1 << 20

// samples collects durations.
type samples struct {
	values []time.Duration
}

func (s *samples) add(d time.Duration) {
	if len(s.values) < maxSamples {
		s.values = append(s.values, d)
	}
}

func summarize(values []time.Duration) Latency {
	if len(values) == 0 {
		return Latency{}
	}
	slices.Sort(values)
	at := func(percent int) float64 { return ms(values[(len(values)-1)*percent/100]) }
	return Latency{Samples: len(values), P50: at(50), P95: at(95), P99: at(99), Max: at(100)}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// WriteText prints a report for people.
func (r *Report) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, `participants        %d that publish, %d that only receive; all streams flowed after %.0f ms
measured            %.1f s
sent                %d packets
forwarded           %d packets: %.0f a second, %.1f Mbit/s
lost                %d packets (%.3f %%); %d came again when asked for, %d came twice
streams             %d, of which %d were silent
forwarding latency  p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, at most %.2f ms (%d samples)
publishers          were asked for %d key frames and %d packets
this generator      %.0f %% of a core; sent late by p50 %.2f ms, p99 %.2f ms
`,
		r.Publishers, r.Subscribers, r.ConnectMs, r.Seconds, r.Sent,
		r.Forwarded, r.ForwardedPerSec, r.BitsPerSec/1e6, r.Lost, r.LossPercent, r.Resent, r.Duplicates,
		r.Streams, r.SilentStreams, r.Latency.P50, r.Latency.P95, r.Latency.P99, r.Latency.Max, r.Latency.Samples,
		r.PLIs, r.NACKs, r.CPU, r.Jitter.P50, r.Jitter.P99)
	return err
}
