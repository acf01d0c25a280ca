package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// graph maps the import path of each package of the module to what its files import, test files aside.
type graph map[string][]string

// violations holds a graph against the rules and gives a sentence for each import that breaks one.
func violations(g graph) []string {
	var found []string
	for pkg, imports := range g {
		path := strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
		home := layerOf(path)
		if home == nil {
			found = append(found, fmt.Sprintf("%s belongs to no layer: give it a place in rules.go", pkg))
			continue
		}
		for _, imported := range imports {
			if why := home.refuses(path, imported); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", path, imported, why))
			}
		}
	}
	slices.Sort(found)
	return found
}

func layerOf(path string) *layer {
	for i := range layers {
		if matchesAny(layers[i].packages, path) {
			return &layers[i]
		}
	}
	return nil
}

// refuses says why a package of the layer may not import something, or "" if it may.
func (l *layer) refuses(path, imported string) string {
	if inside, ok := strings.CutPrefix(imported, module+"/"); ok && !matchesAny(l.may, inside) {
		return fmt.Sprintf("%s may import only %s", l.name, list(l.may))
	}
	if matchesAny(leaves, path) && matchesAny(pure, imported) {
		return "a leaf has neither goroutines nor input and output"
	}
	for _, c := range confinements {
		if matchesAny(c.imports, imported) && !matchesAny(c.only, path) {
			return c.why
		}
	}
	return ""
}

func list(patterns []string) string {
	if len(patterns) == 0 {
		return "nothing of the module"
	}
	return strings.Join(patterns, ", ")
}

func matchesAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

func matches(pattern, path string) bool {
	root, subtree := strings.CutSuffix(pattern, "...")
	if !subtree {
		return pattern == path
	}
	return path+"/" == root || strings.HasPrefix(path, root)
}
