package configs

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The manual documents every key there is, nothing else, and tells the truth about defaults and variables.
func TestTheManualIsTrue(t *testing.T) {
	data, err := os.ReadFile("parley.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documented, err := checkFile("parley.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&values); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	defaults := Defaults()
	for _, f := range fields(&defaults) {
		line, ok := documented[f.key]
		if !ok {
			t.Errorf("%s is not in the manual", f.key)
			continue
		}
		comment := commentAbove(lines, line)
		want := defaultInYAML(f)
		if !strings.Contains(comment, "\nDefault: "+want+"\n") {
			t.Errorf("%s: the comment does not say Default: %s\n%s", f.key, want, comment)
		}
		if after, ok := strings.CutPrefix(comment[strings.LastIndex(comment, "\nEnvironment: ")+1:], "Environment: "+f.env()); !ok || after[0] != '\n' && after[0] != ' ' {
			t.Errorf("%s: the comment does not say Environment: %s", f.key, f.env())
		}
		if strings.HasPrefix(comment, "\nDefault:") {
			t.Errorf("%s: the comment does not say what it is", f.key)
		}
		if got := lines[line-1]; !strings.HasSuffix(got, ": "+want) {
			t.Errorf("%s: the value in the manual is not the default: %s", f.key, got)
		}
	}
	if len(documented) != len(fields(&Config{})) {
		t.Errorf("the manual has %d keys and the code %d", len(documented), len(fields(&Config{})))
	}
}

func TestTheManualLoadsAsTheDefaults(t *testing.T) {
	clearEnv(t)
	t.Setenv("PARLEY_AUTH_SECRET", secret)
	got := load(t, "--config", "parley.yaml")
	want := load(t)
	want.File = "parley.yaml"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func defaultInYAML(f field) string {
	texts := f.texts()
	if tag, _ := f.tag(); tag != "!!str" && !f.isList() {
		return texts[0]
	}
	for i := range texts {
		texts[i] = `"` + texts[i] + `"`
	}
	if f.isList() {
		return "[" + strings.Join(texts, ", ") + "]"
	}
	return texts[0]
}

// commentAbove gives the comment that ends above a line (counted from 1), with a line break before and after each line.
func commentAbove(lines []string, line int) string {
	comment := "\n"
	for i := line - 2; i >= 0; i-- {
		text, ok := strings.CutPrefix(strings.TrimSpace(lines[i]), "#")
		if !ok {
			break
		}
		comment = "\n" + strings.TrimSpace(text) + comment
	}
	return comment
}
