package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAMessageIsFoundInWhatTheServerPushes(t *testing.T) {
	l := newLoad(3)
	sent := time.Now()
	push := `42["newMessage",{"channelId":"x","eventSeq":4,"message":{"message":"` + bodyOf(2, sent) + `"}}]`
	l.delivered([]byte(push), sent.Add(7*time.Millisecond))
	l.delivered([]byte(push), sent.Add(3*time.Millisecond))
	if n := l.sent[2].delivered.Load(); n != 2 || l.count.Load() != 2 {
		t.Errorf("delivered %d times, %d in all", n, l.count.Load())
	}
	if last := time.Duration(l.sent[2].last.Load()); last != 7*time.Millisecond {
		t.Errorf("the last delivery took %v", last)
	}
	for _, other := range []string{`42["newMessage",{}]`, `42["newMessage",{"message":{"message":"#99 1# of another load"}}]`, `"message":"#x 1#`} {
		l.delivered([]byte(other), sent)
	}
	if l.count.Load() != 2 {
		t.Error("what is no message of the load was counted")
	}
}

func TestQuantile(t *testing.T) {
	var h histogram
	for i := range 100 {
		h.add(time.Duration(i) * time.Millisecond)
	}
	h.add(time.Hour)
	if q := h.quantile(.5); q < 50*time.Millisecond || q > 51*time.Millisecond {
		t.Errorf("the median is %v", q)
	}
	if q := h.quantile(1); q != buckets*bucketWidth {
		t.Errorf("the longest is %v", q)
	}
}

func TestEveryoneSendsAndGroupsTakeTurns(t *testing.T) {
	c := newCrowd("", 3*groupSize)
	next := everyone(c, func(person int) string { return department(person / groupSize) })
	seen := make(map[int]bool)
	for n := range 3 * groupSize {
		from, channel := next(n)
		if want := department(n % 3); channel != want {
			t.Fatalf("message %d goes to %s instead of %s", n, channel, want)
		}
		seen[from.n] = true
	}
	if len(seen) != 3*groupSize {
		t.Errorf("%d of %d send", len(seen), 3*groupSize)
	}
}

func TestAWholeRunGoesToTheDocsAndAPartDoesNot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chat.md")
	before := "# Chat\n" + docsBegin + "old\n" + docsEnd + "More.\n"
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bench{options: options{docs: file, only: "cost"}}
	b.table.time("something", 3*time.Millisecond, 2*time.Millisecond)
	read := func() string {
		t.Helper()
		if err := b.writeDocs(); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if read() != before {
		t.Error("a part was written")
	}
	b.only = ""
	if text := read(); strings.Contains(text, "old") || !strings.Contains(text, "| something | 3.0 ms | 2.0 ms | **exceeded** |") || !strings.HasSuffix(text, "More.\n") {
		t.Errorf("%s", text)
	}
	if b.table.kept() {
		t.Error("a limit that is exceeded counts as kept")
	}
}

func TestBothTogetherMayCostHalf(t *testing.T) {
	var kept, exceeded table
	kept.compare("x", price{2, 3}, price{server: 10}, price{server: 4})
	exceeded.compare("x", price{2, 4}, price{server: 10}, price{server: 4})
	if !kept.kept() || exceeded.kept() {
		t.Error("the limit is half of the peer's")
	}
}
