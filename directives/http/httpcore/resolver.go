package httpcore

import (
	"context"
	"net/netip"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/resolver"
)

// resolving is what a resolver directive says.
type resolving struct {
	servers []string
	valid   time.Duration // how long answers are kept; 0: as long as they say
	ip4     bool
	ip6     bool
}

var resolvers = []spec.Directive[conf]{{
	Name: "resolver", In: anywhere, Args: spec.AtLeast(1),
	Syntax: "address ... [valid=time] [ipv4=on|off] [ipv6=on|off]",
	Doc:    "Lets names be looked up while requests are served.",
	Set: spec.Accept("names are looked up by the system's resolver, whatever servers are named, and answers are not kept",
		spec.Scalar(func(c *conf) *spec.Value[resolving] { return &c.resolver }, spec.Words, spec.AtLeast(1), nil, parseResolver)),
}, {
	Name: "resolver_timeout", In: anywhere, Syntax: "time", Default: "30s",
	Doc: "Limits the time that a look-up may take.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.resolverTimeout }, true),
}}

func parseResolver(call *spec.Call) (resolving, error) {
	r := resolving{ip4: true, ip6: true}
	env := call.Scope.Env()
	for _, p := range call.Params(0) {
		word := call.Args[p.Arg].Text
		ok := true
		switch {
		case p.Key == "valid" && p.Has:
			r.valid, ok = spec.ParseTime(p.Val, false)
		case p.Key == "ipv4" && p.Has:
			r.ip4, ok = onOffOnly(p.Val)
		case p.Key == "ipv6" && p.Has:
			r.ip6, ok = onOffOnly(p.Val)
		default:
			u, err := resolver.ParseURL(context.Background(), word, resolver.Options{
				DefaultPort: 53, NoResolve: env.Offline, Lookup: lookup(env),
			})
			if err != nil {
				return r, call.Errorf(p.Arg, `%v in resolver "%s"`, err, word)
			}
			r.servers = append(r.servers, u.Text)
		}
		if !ok {
			return r, call.Errorf(p.Arg, "invalid parameter: %s", word)
		}
	}
	switch {
	case !r.ip4 && !r.ip6:
		return r, call.Errorf(-1, `"ipv4" and "ipv6" cannot both be "off"`)
	case len(r.servers) == 0:
		return r, call.Errorf(-1, "no name servers defined")
	}
	return r, nil
}

func onOffOnly(s string) (on, ok bool) { return s == "on", s == "on" || s == "off" }

// resolve returns the function that looks names up, or nil without a resolver.
func (c *conf) resolve() func(string) ([]netip.Addr, error) {
	if !c.resolver.Given() {
		return nil
	}
	r, timeout := c.resolver.V, c.resolverTimeout.V
	return func(host string) ([]netip.Addr, error) {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		list, err := resolver.Lookup(ctx, host)
		if err != nil {
			return nil, err
		}
		kept := list[:0]
		for _, a := range list {
			if a.Is4() && r.ip4 || a.Is6() && r.ip6 {
				kept = append(kept, a)
			}
		}
		if len(kept) == 0 {
			return nil, resolver.ErrNotFound
		}
		return kept, nil
	}
}
