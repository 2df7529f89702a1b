package upstream

import (
	"context"
	"fmt"

	"understudy/directives/spec"
	"understudy/parser/diag"
)

// resolving is what a block says about names that are looked up at run time.
type resolving struct{ spec.Lookup }

// check tells what the names of g lack.
func (r *resolving) check(g *spec.Group, zone string, outer spec.Resolving) error {
	switch {
	case zone == "":
		return diag.Diagnostic{Pos: g.Pos, Severity: diag.Error, Code: "upstream", Msg: fmt.Sprintf( // the place is not at the end
			`resolving names at run time requires upstream "%s" in %s:%d to be in shared memory`, g.Name, g.Pos.File, g.Line)}
	case r.Resolver.V == nil && (outer.Resolver == nil || len(outer.Resolver.Servers) == 0):
		return at(g, `no resolver defined to resolve names at run time in upstream "%s"`, g.Name)
	}
	return nil
}

// work returns what looks the names of g up until its context ends.
func (r *resolving) work(g *spec.Group, outer spec.Resolving, env *spec.Options) func(context.Context) {
	by, timeout := outer.Resolver, outer.Timeout
	if r.Resolver.V != nil {
		by = r.Resolver.V
	}
	if r.Timeout.Given() {
		timeout = r.Timeout.V
	}
	return func(ctx context.Context) { g.Servers.Resolve(ctx, by, timeout, env.Log) }
}
