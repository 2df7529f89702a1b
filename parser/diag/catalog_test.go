package diag

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Codes, names and texts are there, and nothing is there twice.
func TestCatalog(t *testing.T) {
	id, name := regexp.MustCompile(`^NX[1-9]\d\d$`), regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)
	seen := map[string]bool{}
	for e := range Catalog() {
		if !id.MatchString(e.ID) || !name.MatchString(e.Name) || seen[e.ID] || seen[e.Name] {
			t.Errorf("%s %s: malformed, or there twice", e.ID, e.Name)
		}
		seen[e.ID], seen[e.Name] = true, true
		if !strings.HasSuffix(e.Means, ".") || !strings.HasSuffix(e.Fix, ".") && !strings.HasSuffix(e.Fix, "}.") {
			t.Errorf("%s: Means and Fix are whole sentences", e.ID)
		}
		if Find(strings.ToLower(e.ID)) != e || Find(e.Name) != e {
			t.Errorf("Find does not find %s", e.ID)
		}
	}
	if Find("NX999") != nil {
		t.Error("Find finds what is not there")
	}
}

// What the source says of a kind of finding is in the catalog, and the catalog has
// nothing that the source never says.
func TestCatalogIsWhole(t *testing.T) {
	said, written := map[string]token.Position{}, map[string]bool{}
	files := token.NewFileSet()
	word := regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)
	literal := func(x ast.Expr) (string, bool) {
		b, ok := x.(*ast.BasicLit)
		if !ok || b.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(b.Value)
		return s, err == nil && word.MatchString(s)
	}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"), strings.HasPrefix(d.Name(), "catalog"):
			return nil
		}
		f, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if s, ok := literal(n); ok {
					written[s] = true
				}
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Code" {
					if s, ok := literal(n.Value); ok {
						said[s] = files.Position(n.Pos())
					}
				}
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if ok && len(n.Args) > 1 && (f.Sel.Name == "Coded" || f.Sel.Name == "Hintf" || f.Sel.Name == "Warnf") {
					if s, ok := literal(n.Args[1]); ok {
						said[s] = files.Position(n.Pos())
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range said {
		if Find(name) == nil {
			t.Errorf("%s: %q is not in the catalog", at, name)
		}
	}
	for e := range Catalog() {
		if !written[e.Name] {
			t.Errorf("%s %s is said nowhere", e.ID, e.Name)
		}
	}
}
