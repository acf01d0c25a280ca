package signaling

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/protocol.md")

const (
	examplesGlob = "../docs/wire/examples/*.json"
	protocolFile = "../docs/protocol.md"
	introFile    = "../docs/wire/intro.md"
	streamsFile  = "../docs/wire/streams.md"
)

// examples is docs/wire/examples, all files together: one a noun, as the tables.
type examples struct {
	Connect  map[string]json.RawMessage            `json:"connect"`
	Error    json.RawMessage                       `json:"error"`
	Requests map[string]map[string]json.RawMessage `json:"requests"`
	Pushes   map[string]json.RawMessage            `json:"pushes"`
	Rest     map[string]map[string]json.RawMessage `json:"rest"`
}

func readExamples(t *testing.T) examples {
	t.Helper()
	files, err := filepath.Glob(examplesGlob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	ex := examples{
		Requests: make(map[string]map[string]json.RawMessage), Pushes: make(map[string]json.RawMessage),
		Rest: make(map[string]map[string]json.RawMessage),
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &ex); err != nil { // into maps, it adds
			t.Fatalf("%s: %v", file, err)
		}
	}
	return ex
}

// unlisted are the paths that need no user, or answer as another one does.
var unlisted = []restPath{
	{pattern: "GET /api/health", doc: "Whether the server can work: `UP`, `DEGRADED` (status 200) or `DOWN` (503). Needs no token."},
	{pattern: "GET /api/config", doc: "What a page must know before anybody has signed in. Needs no token."},
	{pattern: "GET /api/dev/users", doc: "With `--dev` only: the demo users. Needs no token."},
	{pattern: "POST /api/dev/token", doc: "With `--dev` only: a token of a demo user. Needs no token."},
}

func TestEveryRequestPushAndPathHasAnExample(t *testing.T) {
	ex := readExamples(t)
	same := func(what string, have, want []string) {
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("%s: the examples have %v, the code has %v", what, have, want)
		}
	}
	same("requests", slices.Collect(maps.Keys(ex.Requests)), slices.Collect(maps.Keys(requests)))
	var names []string
	for _, p := range pushes {
		names = append(names, p.name)
	}
	same("pushes", slices.Collect(maps.Keys(ex.Pushes)), names)
	var patterns []string
	for _, p := range slices.Concat(paths, servicePaths, unlisted) {
		if p.pattern != "GET /api/channels/general" { // answers as /api/channels/{id}
			patterns = append(patterns, p.pattern)
		}
	}
	same("paths", slices.Collect(maps.Keys(ex.Rest)), patterns)
}

// TestProtocolDocument holds docs/protocol.md against the tables in the code. After a change of a table:
// go test ./signaling -run TestProtocolDocument -update
func TestProtocolDocument(t *testing.T) {
	want := protocolDocument(t, readExamples(t))
	if *update {
		if err := os.WriteFile(protocolFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(protocolFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, want) {
		t.Fatal("docs/protocol.md is not what the tables say; run: go test ./signaling -run TestProtocolDocument -update")
	}
}

func protocolDocument(t *testing.T, ex examples) []byte {
	t.Helper()
	intro, err := os.ReadFile(introFile)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.Write(intro)
	fmt.Fprintf(&b, "\n## Requests\n\n")
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		fmt.Fprintf(&b, "### `%s`\n\n%s\n\n", name, requests[name].doc)
		sample(&b, "request", ex.Requests[name]["request"])
		sample(&b, "ack", ex.Requests[name]["ack"])
	}
	fmt.Fprintf(&b, "## Pushes\n\n")
	for _, p := range pushes {
		fmt.Fprintf(&b, "### `%s`\n\n%s\n\n", p.name, p.doc)
		sample(&b, "payload", ex.Pushes[p.name])
	}
	fmt.Fprintf(&b, "## REST\n\n")
	for _, p := range slices.Concat(paths, servicePaths, unlisted) {
		fmt.Fprintf(&b, "### `%s`\n\n%s\n\n", p.pattern, p.doc)
		e := ex.Rest[p.pattern]
		for _, part := range []string{"query", "request", "response"} {
			sample(&b, part, e[part])
		}
	}
	streams, err := os.ReadFile(streamsFile)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(streams)
	fmt.Fprintf(&b, "\n| path | what it does |\n|---|---|\n")
	for _, p := range streamPaths {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.pattern, p.doc)
	}
	fmt.Fprintf(&b, "\n## Errors\n\n| code | kind | HTTP | what it means |\n|---|---|---|---|\n")
	for _, e := range errorTable {
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s |\n", e.code, e.kind, statusOf(e.code, e.kind), e.doc)
	}
	return b.Bytes()
}

func sample(b *bytes.Buffer, title string, raw json.RawMessage) {
	if len(raw) == 0 {
		return
	}
	fmt.Fprintf(b, "%s:\n```json\n%s\n```\n\n", strings.ToUpper(title[:1])+title[1:], layout(raw, ""))
}

// layout writes JSON on as few lines as fit a page's width.
func layout(raw json.RawMessage, indent string) string {
	var compact bytes.Buffer
	if json.Compact(&compact, raw) != nil {
		return string(raw)
	}
	text := compact.String()
	if len(indent)+len(text) <= 116 || (text[0] != '{' && text[0] != '[') {
		return text
	}
	var parts []string
	dec := json.NewDecoder(&compact)
	_, _ = dec.Token()
	for dec.More() {
		key := ""
		if text[0] == '{' {
			name, _ := dec.Token()
			key = fmt.Sprintf("%q: ", name)
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return text
		}
		parts = append(parts, key+layout(value, indent+"  "))
	}
	return text[:1] + "\n" + indent + "  " + fill(parts, indent+"  ") + "\n" + indent + text[len(text)-1:]
}

// fill puts short parts beside each other.
func fill(parts []string, indent string) string {
	var b strings.Builder
	width := 0
	for i, part := range parts {
		if i > 0 {
			b.WriteString(",")
			if width+len(part) > 110-len(indent) || strings.Contains(part, "\n") || strings.Contains(parts[i-1], "\n") {
				b.WriteString("\n" + indent)
				width = 0
			} else {
				b.WriteString(" ")
			}
		}
		b.WriteString(part)
		width += len(part) + 2
	}
	return b.String()
}
