package streamcore

import (
	"time"

	"understudy/directives/spec"
	"understudy/runtime/resolver"
)

var resolvers = []spec.Directive[conf]{{
	Name: "resolver", In: anywhere, Args: spec.AtLeast(1),
	Syntax: "address ... [valid=time] [ipv4=on|off] [ipv6=on|off]",
	Doc:    "Names the servers that look names up at run time.",
	Set:    spec.Scalar(func(c *conf) *spec.Value[*resolver.Resolver] { return &c.resolver }, spec.Words, spec.AtLeast(1), nil, spec.ParseResolver),
}, {
	Name: "resolver_timeout", In: anywhere, Syntax: "time", Default: "30s",
	Doc: "Limits the time for looking a name up.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.resolverTimeout }, true),
}}

// resolving is what other modules learn.
func (c *conf) resolving() spec.Resolving {
	return spec.Resolving{Resolver: c.resolver.V, Timeout: c.resolverTimeout.V}
}
