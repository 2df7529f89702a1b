// Package directives lists every module there is.
package directives

import (
	"understudy/directives/http/httpcore"
	"understudy/directives/http/rewrite"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
)

// Table is every directive. The modules stand in the order in which nginx runs
// their steps within a phase.
var Table = spec.NewTable(
	httpcore.Module,
	rewrite.Module,
)

// Compiled is a configuration that has been read, checked and built.
type Compiled struct {
	Main   *spec.Scope
	HTTP   *httpd.HTTP    // nil without an http block
	Stream *stream.Stream // nil without a stream block
	Graph  *runtime.Graph
}

// Compile turns a configuration into a runtime graph. What it finds is in the
// order in which nginx finds it; with an error among it, nothing may run.
func Compile(tree *parser.Tree, o spec.Options) (*Compiled, diag.List) {
	c := spec.Compile(Table, tree.Directives, o)
	out := &Compiled{
		Main:   c.Main,
		HTTP:   spec.Result[*httpd.HTTP](c.Main),
		Stream: spec.Result[*stream.Stream](c.Main),
		Graph:  &runtime.Graph{},
	}
	if out.HTTP != nil {
		out.Graph.Parts = append(out.Graph.Parts, out.HTTP)
	}
	out.Graph.Listen = spec.Result[httpcore.Listening](c.Main).Entries
	return out, *c.Main.Diags()
}
