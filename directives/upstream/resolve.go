package upstream

import (
	"context"
	"fmt"
	"time"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/resolver"
	"understudy/runtime/vars"
)

// resolving is what a block says about names that are looked up at run time.
type resolving struct {
	resolver spec.Value[*resolver.Resolver]
	lookUp   spec.Value[time.Duration] // how long it may take
}

func resolvers[S vars.Subject](inner spec.Context) []spec.Directive[conf[S]] {
	return []spec.Directive[conf[S]]{{
		Name: "resolver", Since: "1.27.3", In: inner, Args: spec.AtLeast(1),
		Syntax: "address ... [valid=time] [ipv4=on|off] [ipv6=on|off]",
		Doc:    "Names the servers that look the names of servers up at run time.",
		Set: spec.Scalar(func(c *conf[S]) *spec.Value[*resolver.Resolver] { return &c.resolver },
			spec.Words, spec.AtLeast(1), nil, spec.ParseResolver),
	}, {
		Name: "resolver_timeout", Since: "1.27.3", In: inner, Syntax: "time",
		Doc: "Limits the time for looking a name up.",
		Set: spec.SetTime(func(c *conf[S]) *spec.Value[time.Duration] { return &c.lookUp }, true),
	}}
}

// check tells what the names of g lack.
func (r *resolving) check(g *spec.Group, zone string, outer spec.Resolving) error {
	switch {
	case zone == "":
		return diag.Diagnostic{Pos: g.Pos, Severity: diag.Error, Code: "upstream", Msg: fmt.Sprintf( // the place is not at the end
			`resolving names at run time requires upstream "%s" in %s:%d to be in shared memory`, g.Name, g.Pos.File, g.Line)}
	case r.resolver.V == nil && (outer.Resolver == nil || len(outer.Resolver.Servers) == 0):
		return at(g, `no resolver defined to resolve names at run time in upstream "%s"`, g.Name)
	}
	return nil
}

// work returns what looks the names of g up until its context ends.
func (r *resolving) work(g *spec.Group, outer spec.Resolving, env *spec.Options) func(context.Context) {
	by, timeout := outer.Resolver, outer.Timeout
	if r.resolver.V != nil {
		by = r.resolver.V
	}
	if r.lookUp.Given() {
		timeout = r.lookUp.V
	}
	return func(ctx context.Context) { g.Servers.Resolve(ctx, by, timeout, env.Log) }
}
