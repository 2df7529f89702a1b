package upstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/resolver"
	"understudy/runtime/stream"
	peers "understudy/runtime/upstream"
	"understudy/runtime/vars"
)

func buildHTTP(b *spec.Builder) error {
	var errs error
	groups := &HTTPGroups{}
	spec.SetResult(b.Scope, groups)
	for _, g := range b.Scope.Upstreams() {
		err := build[*httpd.Request](b.Scope, g, &groups.Groups, func(c *httpConf) {
			g.Stick = c.method.sticky
			switch {
			case c.method.byAddress:
				g.Key = clientAddress
			case c.key != nil:
				g.Key = func(r *httpd.Request) []byte { return r.Eval(c.key) }
			}
		})
		errs = first(errs, err)
	}
	return errs
}

func buildStream(b *spec.StreamBuilder) error {
	var errs error
	groups := &StreamGroups{}
	spec.SetResult(b.Scope, groups)
	for _, g := range b.Scope.Upstreams() {
		err := build[*stream.Session](b.Scope, g, &groups.Groups, func(c *streamConf) {
			if c.key != nil {
				g.StreamKey = func(s *stream.Session) []byte { return s.Eval(c.key) }
			}
			g.FirstByte = c.method.firstByte
		})
		errs = first(errs, err)
	}
	return errs
}

// first returns the first error: nginx stops there.
func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// build makes the servers of g, which all takes. Those of a block come from its
// configuration, which is also given to key.
func build[S vars.Subject](s *spec.Scope, g *spec.Group, all *Groups, key func(*conf[S])) error {
	if g.Scope == nil {
		return implicit(s, g, all)
	}
	c := spec.Conf[conf[S]](g.Scope)
	var list []*peers.Peer
	for i := range c.servers {
		if c.servers[i].resolve {
			if err := c.resolving.check(g, c.zone, s.Resolving()); err != nil {
				return err
			}
		}
		if c.servers[i].url.Text != "" {
			list = append(list, c.servers[i].peers(s.Env().Offline)...)
		}
	}
	var b peers.Balancer
	if c.method.make != nil {
		b = c.method.make()
	}
	k := peers.Keepalive{}
	if g.Scope.In == spec.Upstream {
		k = c.keepalive.settings()
	}
	servers, err := peers.New(g.Name, list, b, k)
	if err != nil {
		return at(g, "%v", err)
	}
	g.Servers = servers
	if c.zone != "" {
		join(s.Env().Zones, owner(g.Scope.In), c.zone, servers)
	}
	if k.Conns > 0 {
		all.pools = append(all.pools, servers)
	}
	if servers.Named() {
		all.work = append(all.work, c.resolving.work(g, s.Resolving(), s.Env()))
	}
	key(c)
	return nil
}

// implicit makes the group of a host that a directive names.
func implicit(s *spec.Scope, g *spec.Group, all *Groups) error {
	over := s.Env().Overlay
	text, o := g.Name, resolver.Options{Lookup: s.Env().LookupFunc(), NoResolve: s.Env().Offline, DefaultPort: g.Default}
	if g.Port != 0 {
		text += ":" + strconv.Itoa(g.Port)
	}
	to, instead := over.Instead(g.Name, cmp.Or(g.Port, g.Default))
	if instead {
		text = to
	}
	portless := !instead && g.Port == 0 && g.Default == 0 && !strings.HasPrefix(text, "unix:")
	if portless && (!over.Lenient() || s.Env().Offline) { // before it is looked up
		return at(g, `no port in upstream "%s"`, g.Name)
	}
	u, err := resolver.ParseURL(context.Background(), text, o)
	list := peersOf(u)
	switch missing := errors.Is(err, resolver.ErrNotFound) && over.Lenient(); {
	case missing && portless: // an upstream block of another file was meant
		over.Unresolved(spec.Unresolved{
			Host: u.Host, At: g.Pos, Upstream: true, Without: "requests for it are answered 502: it has no port, and is no upstream block here",
		})
		list[0].Host = &peers.Host{Name: u.Host, Lookup: nowhere}
	case portless:
		return at(g, `no port in upstream "%s"`, g.Name)
	case missing:
		over.Unresolved(spec.Unresolved{Host: u.Host, At: g.Pos, Upstream: true, Without: whileSought})
		list[0].Host = &peers.Host{Name: u.Host, Lookup: resolver.Lookup}
	case errors.Is(err, resolver.ErrNotFound):
		return at(g, `%v in upstream "%s"`, err, g.Name)
	case err != nil:
		return at(g, `%v in upstream "%s"`, err, text)
	}
	g.Servers, err = peers.New(g.Name, list, nil, peers.Keepalive{})
	if err != nil {
		return at(g, "%v", err)
	}
	if g.Servers.Named() && !portless {
		all.work = append(all.work, func(ctx context.Context) { g.Servers.Resolve(ctx, nil, 0, s.Env().Log) })
	}
	return nil
}

// nowhere is the Lookup of a name that is not asked for: an address of it would lead to
// no port.
func nowhere(context.Context, string) ([]netip.Addr, error) { return nil, resolver.ErrNotFound }

// at is an error about a group, which names the place of its first mention.
func at(g *spec.Group, format string, args ...any) error {
	return diag.Diagnostic{
		Pos: g.Pos, Line: g.Line, Severity: diag.Error, Code: "upstream", Msg: fmt.Sprintf(format, args...),
	}
}
