package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// filler makes a message as long as those of people are.
var filler = strings.Repeat("Shall we look at the numbers together before noon? ", 2)

// load is messages that are sent at an even rate, and what became of them. The zero load expects none.
type load struct {
	sent      []sentMessage
	latencies histogram // of every delivery
	count     atomic.Int64
	acked     atomic.Int64
	refused   atomic.Int64
	refusal   atomic.Pointer[string]
}

// sentMessage is one message, and how often and how late it came.
type sentMessage struct {
	channel   string
	delivered atomic.Int32
	last      atomic.Int64 // ns from send to the last delivery
}

func newLoad(messages int) *load { return &load{sent: make([]sentMessage, messages)} }

// A message begins with its number and when it was sent, as "#12 1700000000000000000#".
func bodyOf(n int, at time.Time) string {
	return fmt.Sprintf("#%d %d# %s", n, at.UnixNano(), filler)
}

var mark = []byte(`"message":"#`)

// next finds the next message of a load in a text.
func next(text []byte) (n int, sent int64, rest []byte, ok bool) {
	at := bytes.Index(text, mark)
	if at < 0 {
		return 0, 0, nil, false
	}
	text = text[at+len(mark):]
	head, rest, ok := bytes.Cut(text, []byte("#"))
	number, when, ok2 := bytes.Cut(head, []byte(" "))
	n, err := strconv.Atoi(string(number))
	sent, err2 := strconv.ParseInt(string(when), 10, 64)
	return n, sent, rest, ok && ok2 && err == nil && err2 == nil
}

func (l *load) delivered(text []byte, at time.Time) {
	n, sent, _, ok := next(text)
	if !ok || n >= len(l.sent) {
		return
	}
	late := max(0, at.UnixNano()-sent)
	l.count.Add(1)
	l.latencies.add(time.Duration(late))
	m := &l.sent[n]
	m.delivered.Add(1)
	for was := m.last.Load(); late > was && !m.last.CompareAndSwap(was, late); was = m.last.Load() {
	}
}

// plan says who sends the n-th message, and where.
type plan func(n int) (from *client, channel string)

// run sends the messages at a rate and waits for the answers, and until they have been delivered.
func (l *load) run(ctx context.Context, c *crowd, rate float64, audience int, who plan) error {
	c.load.Store(l)
	answers := make(chan []byte, len(l.sent))
	var counting sync.WaitGroup
	counting.Go(func() { l.countAnswers(ctx, answers) })
	began := time.Now()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for n := range l.sent {
		select {
		case <-pace.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := l.send(n, who, answers); err != nil {
			return err
		}
		pace.Reset(time.Until(began.Add(time.Duration(float64(n+1) / rate * float64(time.Second)))))
	}
	counting.Wait()
	if refusal := l.refusal.Load(); refusal != nil {
		return fmt.Errorf("%d messages were refused, one of them by %s", l.refused.Load(), *refusal)
	}
	return l.awaitDeliveries(ctx, int64(len(l.sent)*audience))
}

func (l *load) send(n int, who plan, answers chan<- []byte) error {
	from, channel := who(n)
	l.sent[n].channel = channel
	now := time.Now()
	return from.request("sendMessage", map[string]string{
		"channelId": channel, "message": bodyOf(n, now), "clientId": strconv.FormatInt(now.UnixNano(), 36) + "-" + strconv.Itoa(n),
	}, answers)
}

// answerWithin is how long the last answers and deliveries of a load may take.
const answerWithin = 20 * time.Second

func (l *load) countAnswers(ctx context.Context, answers <-chan []byte) {
	quiet := time.NewTimer(answerWithin)
	defer quiet.Stop()
	for range l.sent {
		select {
		case text := <-answers:
			l.answered(string(text))
			quiet.Reset(answerWithin)
		case <-quiet.C:
			none := "no answer at all"
			l.refusal.Store(&none)
			return
		case <-ctx.Done():
			return
		}
	}
}

func (l *load) answered(text string) {
	if strings.HasPrefix(text, `[{"success":true`) {
		l.acked.Add(1)
		return
	}
	l.refused.Add(1)
	l.refusal.Store(&text)
}

func (l *load) awaitDeliveries(ctx context.Context, want int64) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for l.count.Load() < want {
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d messages were delivered: %w", l.count.Load(), want, ctx.Err())
		}
	}
	if got := l.count.Load(); got > want {
		return fmt.Errorf("%d messages were delivered instead of %d", got, want)
	}
	return nil
}

// lasts is when the last member had each message.
func (l *load) lasts() *histogram {
	var h histogram
	for i := range l.sent {
		h.add(time.Duration(l.sent[i].last.Load()))
	}
	return &h
}

// keep notes which messages have come, and up to which change the channel is known.
func (c *client) keep(text []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		return
	}
	var push []json.RawMessage
	var change struct {
		ChannelID string `json:"channelId"`
		EventSeq  int64  `json:"eventSeq"`
	}
	if json.Unmarshal(text[2:], &push) != nil || len(push) < 2 || json.Unmarshal(push[1], &change) != nil {
		return
	}
	if c.cursors[change.ChannelID]+1 != change.EventSeq {
		return // a gap, or known: sync tells
	}
	c.cursors[change.ChannelID] = change.EventSeq
	c.noteLocked(push[1])
}

// noteLocked notes all messages that a text tells of.
func (c *client) noteLocked(text []byte) {
	for {
		n, _, rest, ok := next(text)
		if !ok {
			return
		}
		c.seen[n], text = true, rest
	}
}
