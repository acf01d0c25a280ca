package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

const maxFileBytes = 1 << 20

// readFile reads the file that the operator named.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("the configuration file cannot be read: %w", err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("the configuration file %s is over %d bytes", path, maxFileBytes)
	}
	return data, nil
}

// fileKeys is what a file sets: the line of each key.
type fileKeys map[string]int

// checker holds a YAML file against the known keys. Viper would take any key, in any case, with any type.
type checker struct {
	path   string
	leaves map[string]field
	parts  map[string]bool // server, server.tls, ...
	found  fileKeys
}

// checkFile finds the first thing in a file that is not as the manual says.
func checkFile(path string, data []byte) (fileKeys, error) {
	c := checker{path: path, leaves: map[string]field{}, parts: map[string]bool{}, found: fileKeys{}}
	for _, f := range fields(&Config{}) {
		c.leaves[f.key] = f
		for i, r := range f.key {
			if r == '.' {
				c.parts[f.key[:i]] = true
			}
		}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return c.found, nil // empty, or all of it commented out
	} else if err != nil {
		return nil, fmt.Errorf("%s is not YAML: %s", path, oneLine(err))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s holds more than one YAML document", path)
	}
	if err := c.part("", doc.Content[0]); err != nil {
		return nil, err
	}
	return c.found, nil
}

// part checks one mapping; prefix is "" or ends in a dot.
func (c *checker) part(prefix string, node *yaml.Node) error {
	if isNull(node) {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		name := strings.TrimSuffix(prefix, ".")
		if name == "" {
			return fmt.Errorf("%s holds %s where keys such as server: belong", c.path, describe(node))
		}
		return c.errorf(name, node, "takes keys below it, not %s", describe(node))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		key := prefix + name.Value
		if seen[key] {
			return c.errorf(key, name, "is there twice")
		}
		seen[key] = true
		if err := c.entry(key, name, value); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) entry(key string, name, value *yaml.Node) error {
	nested := !strings.Contains(name.Value, ".") // "server.listen:" in one word is not how the file is written
	if f, ok := c.leaves[key]; ok && nested {
		c.found[key] = name.Line
		return c.leaf(f, value)
	}
	if c.parts[key] && nested {
		return c.part(key+".", value)
	}
	if !nested && c.leaves[key].key != "" {
		return c.errorf(key, name, "must be written in parts, each below the other, not with dots")
	}
	return c.errorf(key, name, "is not a key of the configuration%s", didYouMean(key, c.names()))
}

func (c *checker) leaf(f field, value *yaml.Node) error {
	switch {
	case isNull(value):
		return nil
	case f.isList():
		if value.Kind != yaml.SequenceNode {
			return c.errorf(f.key, value, `must be a list such as ["a", "b"], not %s`, describe(value))
		}
		for _, item := range value.Content {
			if !isText(item) {
				return c.errorf(f.key, item, "must be a list of texts and holds %s", describe(item))
			}
		}
	default:
		return c.scalar(f, value)
	}
	return nil
}

func (c *checker) scalar(f field, value *yaml.Node) error {
	tag, name := f.tag()
	if value.Kind == yaml.ScalarNode && value.Tag == tag {
		return nil
	}
	hint := ""
	if value.Kind == yaml.ScalarNode && tag == "!!str" {
		hint = "; put it in quotes"
	}
	return c.errorf(f.key, value, "must be %s, not %s%s", name, describe(value), hint)
}

func (c *checker) errorf(key string, at *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s (%s:%d) %s", key, c.path, at.Line, fmt.Sprintf(format, args...))
}

func (c *checker) names() []string {
	var names []string
	for _, f := range fields(&Config{}) {
		names = append(names, f.key)
	}
	for part := range c.parts {
		names = append(names, part)
	}
	return names
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func isText(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!str" }

// describe says what a node is. It does not repeat the value, which may be a secret.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.Tag {
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "nothing"
	case "!!str":
		return "text"
	}
	return "a value of the type " + n.Tag
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
