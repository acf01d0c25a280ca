package engineio

import (
	"strings"
	"testing"
)

func texts(q *queue) string {
	var s []string
	for _, it := range q.items {
		s = append(s, string(it.msg.first.payload()[1:]))
	}
	return strings.Join(s, " ")
}

func TestQueueClasses(t *testing.T) {
	type step struct {
		text  string
		class Class
		key   string
		want  verdict
	}
	for _, tt := range []struct {
		name     string
		maxItems int
		maxBytes int
		steps    []step
		left     string
	}{
		{"in order", 9, 1000, []step{{"a", Durable, "", accepted}, {"b", Ephemeral, "", accepted}, {"c", State, "k", accepted}}, "a b c"},
		{"state is replaced at the end", 9, 1000, []step{
			{"old", State, "k", accepted}, {"other", State, "l", accepted}, {"a", Durable, "", accepted}, {"new", State, "k", accepted},
		}, "other a new"},
		{"ephemeral is refused when full", 2, 1000, []step{
			{"a", Durable, "", accepted}, {"b", Durable, "", accepted}, {"e", Ephemeral, "", dropped},
		}, "a b"},
		{"ephemeral makes room for durable", 3, 1000, []step{
			{"e", Ephemeral, "", accepted}, {"a", Durable, "", accepted}, {"f", Ephemeral, "", accepted}, {"b", Durable, "", accepted},
		}, "a b"},
		{"state makes room for itself", 2, 1000, []step{
			{"s1", State, "k", accepted}, {"a", Durable, "", accepted}, {"s2", State, "k", accepted},
		}, "a s2"},
		{"overflow", 2, 1000, []step{
			{"s", State, "k", accepted}, {"a", Durable, "", accepted}, {"b", Durable, "", overflow},
		}, "s a"},
		{"control always passes", 1, 1, []step{{"a", Durable, "", accepted}, {"ping", control, "", accepted}}, "a ping"},
		{"one large message passes", 9, 10, []step{
			{strings.Repeat("x", 500), Durable, "", accepted}, {"b", Durable, "", overflow},
		}, strings.Repeat("x", 500)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var q queue
			for _, s := range tt.steps {
				if v, _, _ := q.push(queued{NewText(s.text), s.class, s.key}, tt.maxItems, tt.maxBytes); v != s.want {
					t.Fatalf("pushing %.9s gave %d, want %d", s.text, v, s.want)
				}
			}
			if got := texts(&q); got != tt.left {
				t.Errorf("left %q, want %q", got, tt.left)
			}
			for !q.empty() {
				q.take(make([]*Message, 0, 2), 3)
			}
			if q.bytes != 0 {
				t.Errorf("an empty queue holds %d bytes", q.bytes)
			}
		})
	}
}
