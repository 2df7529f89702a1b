package httpcore

import (
	"context"
	"net/netip"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/resolver"
)

var resolvers = []spec.Directive[conf]{{
	Name: "resolver", In: anywhere, Args: spec.AtLeast(1),
	Syntax: "address ... [valid=time] [ipv4=on|off] [ipv6=on|off]",
	Doc:    "Names the servers that look names up while requests are served.",
	Set:    spec.Scalar(func(c *conf) *spec.Value[*resolver.Resolver] { return &c.resolver }, spec.Words, spec.AtLeast(1), nil, spec.ParseResolver),
}, {
	Name: "resolver_timeout", In: anywhere, Syntax: "time", Default: "30s",
	Doc: "Limits the time that a look-up may take.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.resolverTimeout }, true),
}}

// resolving is what other modules learn.
func (c *conf) resolving() spec.Resolving {
	return spec.Resolving{Resolver: c.resolver.V, Timeout: c.resolverTimeout.V}
}

// resolve returns the function that looks names up, or nil without a resolver.
func (c *conf) resolve() func(string) ([]netip.Addr, error) {
	r, timeout := c.resolver.V, c.resolverTimeout.V
	if r == nil || len(r.Servers) == 0 {
		return nil
	}
	return func(host string) ([]netip.Addr, error) {
		return r.Resolve(context.Background(), host, timeout)
	}
}
