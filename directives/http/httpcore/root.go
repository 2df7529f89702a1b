package httpcore

import (
	"fmt"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// A root is where a location's files are.
type root struct {
	path  *httpd.Template
	alias bool
	of    int // the length of the name that an alias replaces; -1: of a regular expression
}

var files = []spec.Directive[conf]{{
	Name: "root", Names: spec.FileName, In: orIf, Args: spec.Exactly(1),
	Syntax: "path", Default: "html",
	Doc: "Sets the folder that URIs are appended to.",
	Set: spec.Fill(func(c *conf) *spec.Value[root] { return &c.root }, setRoot).As(spec.Text),
}, {
	Name: "alias", Names: spec.FileName, In: spec.Location, Args: spec.Exactly(1),
	Syntax: "path",
	Doc:    "Sets what replaces the location's name in file names.",
	Set:    spec.Do(setAlias),
}, {
	Name: "types", In: anywhere, Args: spec.Exactly(0), Free: true,
	Doc: "Maps file name extensions to types. It replaces the outer block's.",
	Set: spec.Fill(func(c *conf) *spec.Value[map[string][]byte] { return &c.types }, addTypes),
}, {
	Name: "default_type", In: anywhere, Args: spec.Exactly(1),
	Syntax: "mime-type", Default: "text/plain",
	Doc: "Sets the type of files whose extension has none.",
	Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.defaultType }),
}}

func setRoot(r *root, call *spec.Call) (err error) {
	switch {
	case r.path == nil:
		*r, err = rootOf(call)
		return err
	case r.alias:
		return call.Errorf(-1, `"root" directive is duplicate, "alias" directive was specified earlier`)
	}
	return spec.ErrDuplicate
}

// setAlias stores an alias, which unlike root belongs to one location only.
func setAlias(c *conf, call *spec.Call) error {
	if c.root.Given() {
		if c.root.V.alias {
			return spec.ErrDuplicate
		}
		return call.Errorf(-1, `"alias" directive is duplicate, "root" directive was specified earlier`)
	}
	l, err := parseLocation(&spec.Call{Directive: call.Scope.At, Scope: call.Scope.Parent})
	if err == nil && l.named() {
		return call.Errorf(-1, `the "alias" directive cannot be used inside the named location`)
	}
	r, err := rootOf(call)
	if err != nil {
		return err
	}
	r.alias, r.of = true, len(l.name)
	if l.match == httpd.Regex {
		r.of = -1
	}
	c.root.Give(r, call.Pos())
	return nil
}

func rootOf(call *spec.Call) (root, error) {
	text := call.Args[0].Text
	for _, v := range []string{"document_root", "realpath_root"} {
		if strings.Contains(text, "$"+v) || strings.Contains(text, "${"+v) {
			return root{}, call.Errorf(0, `the $%s variable cannot be used in the "%s" directive`, v, call.Name.Text)
		}
	}
	if call.Name.Text == "root" {
		text = strings.TrimSuffix(text, "/")
	}
	if !strings.HasPrefix(text, "$") && !strings.HasPrefix(text, "/") {
		text = call.Scope.Env().FullName(text)
	}
	t, err := call.TemplateOf(text, 0)
	return root{path: t}, err
}

// defaultTypes are those of a location for which no types block is given.
var defaultTypes = map[string][]byte{
	"html": []byte("text/html"), "gif": []byte("image/gif"), "jpg": []byte("image/jpeg"),
}

func (c *conf) typesOrDefault() map[string][]byte {
	if !c.types.Given() {
		return defaultTypes
	}
	return c.types.V
}

// addTypes reads a types block: lines of a type and its extensions.
func addTypes(types *map[string][]byte, call *spec.Call) error {
	if *types == nil {
		*types = map[string][]byte{}
	}
	for _, d := range call.Block {
		if d.Err != nil {
			return *d.Err
		}
		switch {
		case d.Block != nil:
			return call.ErrorIn(d, `unexpected "{"`)
		case d.Name.Text == "include" && len(d.Args) != 1:
			return call.ErrorIn(d, `invalid number of arguments in "include" directive`)
		}
		for _, a := range d.Args {
			ext := strings.ToLower(a.Text)
			if old, ok := (*types)[ext]; ok {
				*call.Scope.Diags() = append(*call.Scope.Diags(), diag.Diagnostic{
					Pos: a.Pos, Severity: diag.Warning, Code: "duplicate-extension", Line: d.End.Line,
					Msg: fmt.Sprintf(`duplicate extension "%s", content type: "%s", previous content type: "%s"`, ext, d.Name.Text, old),
				})
			}
			(*types)[ext] = []byte(d.Name.Text)
		}
	}
	return nil
}
