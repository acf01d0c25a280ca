package engineio

import (
	"fmt"
	"strings"
	"testing"
)

// What a client does not read at once fills the kernel's buffers, so that messages are written in part, by whoever sends
// them, and the rest later, by a writer. They come whole and in order.
func TestMessagesToAClientThatReadsLate(t *testing.T) {
	const messages = 400
	e := startServer(t, Config{MaxQueueBytes: 64 << 20, MaxQueuePackets: messages + 1})
	c := e.openWS(t)
	text := func(n int) string { return fmt.Sprintf("%d %s", n, strings.Repeat("x", 50_000+n)) }
	for n := range messages {
		if err := e.last().Send(NewText(text(n)), Durable, ""); err != nil {
			t.Fatal(n, err)
		}
	}
	e.last().mu.Lock()
	waits := !e.last().queue.empty()
	e.last().mu.Unlock()
	if !waits {
		t.Error("20 MB went at once, so nothing had to wait")
	}
	for n := range messages {
		c.want("4" + text(n))
	}
	c.write("4still there")
	c.want("4still there")
}
