package spec

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"understudy/runtime/logs"
	"understudy/runtime/resolver"
)

// A Resolving is what a block says about names that are looked up at run time,
// for other modules: upstream blocks have that of the http or stream block around
// them, ssl that of the server.
type Resolving struct {
	Resolver *resolver.Resolver // nil: there is none
	Timeout  time.Duration
}

// A Lookup is what the directives resolver and resolver_timeout say in a block.
type Lookup struct {
	Resolver Value[*resolver.Resolver]
	Timeout  Value[time.Duration]
}

// Resolving is what other modules learn of it.
func (l *Lookup) Resolving() Resolving {
	return Resolving{Resolver: l.Resolver.V, Timeout: l.Timeout.V}
}

// LookupDirectives returns the two directives. timeout is the default of the second; ""
// is that of the block around. at finds what they say in the module's configuration.
func LookupDirectives[C any](in Context, since, timeout string, at func(*C) *Lookup) []Directive[C] {
	return []Directive[C]{{
		Name: "resolver", Names: ServerAddress, Since: since, In: in, Args: AtLeast(1),
		Syntax: "address ... [valid=time] [ipv4=on|off] [ipv6=on|off]",
		Doc:    "Names the servers that look names up at run time.",
		Set:    Scalar(func(c *C) *Value[*resolver.Resolver] { return &at(c).Resolver }, Words, AtLeast(1), nil, ParseResolver),
	}, {
		Name: "resolver_timeout", Since: since, In: in, Syntax: "time", Default: timeout,
		Doc: "Limits the time that a look-up may take.",
		Set: SetTime(func(c *C) *Value[time.Duration] { return &at(c).Timeout }, true),
	}}
}

// SetResolving tells the modules of s, and of the blocks in it.
func (s *Scope) SetResolving(r Resolving) {
	if s.Parent != nil && s.Parent.Resolving() == r {
		return // most servers say what their block says
	}
	if s.resolving == nil {
		s.resolving = map[*Scope]Resolving{}
	}
	s.resolving[s] = r
}

// Resolving returns what s says, or the next block around it that does.
func (s *Scope) Resolving() Resolving {
	for ; s != nil; s = s.Parent {
		if r, ok := s.resolving[s]; ok {
			return r
		}
	}
	return Resolving{}
}

// LookupFunc adapts Lookup for resolver.Options; nil if there is none.
func (o *Options) LookupFunc() func(context.Context, string) ([]netip.Addr, error) {
	if o.Lookup == nil {
		return nil
	}
	return func(_ context.Context, host string) ([]netip.Addr, error) {
		texts, err := o.Lookup(host)
		var addrs []netip.Addr
		for _, t := range texts {
			if a, ok := resolver.ParseAddr(t); ok {
				addrs = append(addrs, a)
			}
		}
		return addrs, err
	}
}

// ParseResolver reads the arguments of a resolver directive.
// (ngx_resolver_create)
func ParseResolver(call *Call) (*resolver.Resolver, error) {
	r := resolver.New(nil)
	env := &call.Scope.Options
	r.Caught = func(fault any) {
		logs.Fault(fault, func(text string) { env.Log.Log(context.Background(), logs.Alert, text) })
	}
	named := false
	var absent []Unresolved
	for _, p := range call.Params(0) {
		word := call.Args[p.Arg].Text
		ok := true
		switch {
		case p.Key == "valid" && p.Has:
			r.Valid, ok = ParseTime(p.Val, false)
		case p.Key == "ipv4" && p.Has:
			r.IPv4, ok = p.Val == "on", p.Val == "on" || p.Val == "off"
		case p.Key == "ipv6" && p.Has:
			r.IPv6, ok = p.Val == "on", p.Val == "on" || p.Val == "off"
		default:
			u, err := resolver.ParseURL(context.Background(), word, resolver.Options{
				DefaultPort: 53, NoResolve: env.Offline, Lookup: env.LookupFunc(),
			})
			if errors.Is(err, resolver.ErrNotFound) && env.Overlay.Lenient() {
				absent, err = append(absent, Unresolved{Host: u.Host, At: call.Args[p.Arg].Pos}), nil
			}
			if err != nil {
				return nil, call.Errorf(p.Arg, `%v in resolver "%s"`, err, word)
			}
			r.Servers = append(r.Servers, u.Addrs...)
			named = true
		}
		if !ok {
			return nil, call.Errorf(p.Arg, "invalid parameter: %s", word)
		}
	}
	switch {
	case !r.IPv4 && !r.IPv6:
		return nil, call.Errorf(-1, `"ipv4" and "ipv6" cannot both be "off"`)
	case !named:
		return nil, call.Errorf(-1, "no name servers defined")
	}
	doWithout(r, absent, env.Overlay)
	return r, nil
}

// doWithout tells of the name servers that have no address. If no other is left, this
// machine is asked.
func doWithout(r *resolver.Resolver, absent []Unresolved, over *Overlay) {
	text := "the other name servers are asked"
	if len(r.Servers) == 0 {
		text = "127.0.0.1 is asked for names in its place"
		r.Servers = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 53)}
	}
	for _, u := range absent {
		u.Without = text + " until the configuration is read again"
		over.Unresolved(u)
	}
}
