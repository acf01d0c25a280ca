package signaling

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestErrorTable finds every fault in the source and holds the error table against what it finds.
func TestErrorTable(t *testing.T) {
	found := map[string]string{}  // code -> kind's name in the source
	literals := map[string]bool{} // every string in the source but the table's
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "internal/fault") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				codesIn(call, found)
			}
			if literal, ok := n.(*ast.BasicLit); ok && !strings.Contains(path, "signaling/table_") {
				literals[strings.Trim(literal.Value, `"`)] = true
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	for _, e := range errorTable {
		if e.doc == "" || table[e.code] != "" {
			t.Errorf("%s has no description or stands twice", e.code)
		}
		table[e.code] = e.kind.String()
	}
	for _, code := range slices.Sorted(maps.Keys(found)) {
		if table[code] == "" {
			t.Errorf("the source has the code %s (%s), the table has not", code, found[code])
		} else if !strings.EqualFold(strings.ReplaceAll(table[code], "_", ""), found[code]) {
			t.Errorf("%s is of kind %s in the source and %s in the table", code, found[code], table[code])
		}
	}
	for code := range table {
		if !literals[code] {
			t.Errorf("the table has the code %s, the source has not", code)
		}
	}
}

// codesIn notes the code of a call that has fault.Kind and then a literal among its arguments.
func codesIn(call *ast.CallExpr, found map[string]string) {
	for i, arg := range call.Args[:max(0, len(call.Args)-1)] {
		kind, ok := arg.(*ast.SelectorExpr)
		if !ok {
			continue
		}
		if pkg, ok := kind.X.(*ast.Ident); !ok || pkg.Name != "fault" {
			continue
		}
		if literal, ok := call.Args[i+1].(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if code, err := strconv.Unquote(literal.Value); err == nil {
				found[code] = kind.Sel.Name
			}
		}
	}
}
