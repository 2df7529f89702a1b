package httpcore

import (
	"context"
	"net/netip"

	"understudy/directives/spec"
)

var resolvers = spec.LookupDirectives(anywhere, "", "30s", func(c *conf) *spec.Lookup { return &c.lookup })

// resolve returns the function that looks names up, or nil without a resolver.
func (c *conf) resolve() func(string) ([]netip.Addr, error) {
	r, timeout := c.lookup.Resolver.V, c.lookup.Timeout.V
	if r == nil || len(r.Servers) == 0 {
		return nil
	}
	return func(host string) ([]netip.Addr, error) {
		return r.Resolve(context.Background(), host, timeout)
	}
}
