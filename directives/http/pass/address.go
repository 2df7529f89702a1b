package pass

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/resolver"
	"understudy/runtime/upstream"
)

// ParseURL reads the address of a …_pass directive without its scheme. Names
// are not resolved.
func ParseURL(text string, defaultPort int, uri bool) (resolver.URL, error) {
	u, err := resolver.ParseURL(context.Background(), text, resolver.Options{DefaultPort: defaultPort, URIPart: uri, NoResolve: true})
	if err != nil {
		return u, fmt.Errorf(`%w in upstream "%s"`, err, text)
	}
	return u, nil
}

// UseGroup returns the group of servers that an address, as argument 0 has it,
// stands for.
func UseGroup(call *spec.Call, u resolver.URL, text string, defaultPort int) (*spec.Group, error) {
	if u.Network == "unix" {
		name := text
		if i := strings.Index(text[len("unix:"):], ":"); i >= 0 {
			name = text[:len("unix:")+i]
		}
		return call.UseUpstream(name, 0, 0)
	}
	port := int(u.Port)
	if u.NoPort {
		port = 0
	}
	return call.UseUpstream(u.Host, port, defaultPort)
}

// To returns the target of a group.
func To(g *spec.Group) gateway.Target {
	return gateway.Target{Group: g.Servers, Key: g.Key, Stick: g.Stick, Name: g.Name}
}

// A Finder finds the groups of addresses that are evaluated for each request.
type Finder struct {
	groups  map[string]*spec.Group // upstream blocks, by name
	over    *spec.Overlay          // nil: nothing stands in for servers
	mu      sync.Mutex             // guards dynamic
	dynamic map[groupKey]*upstream.Group
}

// A groupKey tells the groups of addresses with variables apart.
type groupKey struct {
	text string
	port int // if text has none
}

// maxDynamic bounds the groups an address with variables makes.
const maxDynamic = 256

// NewFinder returns a Finder that knows the upstream blocks.
func NewFinder(b *spec.Builder) *Finder {
	f := &Finder{groups: map[string]*spec.Group{}, over: b.Env().Overlay}
	for _, g := range b.Scope.Upstreams() {
		if g.Explicit {
			f.groups[strings.ToLower(g.Name)] = g
		}
	}
	return f
}

// Find returns the target that an address stands for.
func (f *Finder) Find(r *httpd.Request, u resolver.URL, defaultPort int) (to gateway.Target, st httpd.Status) {
	if g := f.groups[strings.ToLower(u.Host)]; g != nil && u.NoPort {
		return To(g), httpd.OK
	}
	if u.Network != "unix" && u.NoPort && defaultPort == 0 {
		r.Errorf(logs.Error, "no port in upstream \"%s\"", u.Host)
		return to, 500
	}
	g, err := f.group(r, u, defaultPort)
	if err != nil {
		r.Errorf(logs.Error, "%v", err)
		if r.Examined() {
			r.Blame("unresolved-host", "_pass", httpd.Fact{Name: "host", Value: u.Host}, httpd.Fact{Name: "port", Value: cmp.Or(u.Port, defaultPort)}, httpd.Fact{Name: "error", Value: err.Error()})
		}
		return to, 502
	}
	return gateway.Target{Group: g, Name: u.Host}, httpd.OK
}

// group returns the group of a host that is no upstream block.
func (f *Finder) group(r *httpd.Request, u resolver.URL, defaultPort int) (*upstream.Group, error) {
	key := groupKey{u.Text, defaultPort}
	f.mu.Lock()
	g := f.dynamic[key]
	f.mu.Unlock()
	if g != nil {
		return g, nil
	}
	peers, fixed, err := f.peers(r, u, defaultPort)
	if err != nil {
		return nil, err
	}
	if g, err = upstream.New(u.Host, peers, nil, upstream.Keepalive{}); err != nil {
		return nil, errors.New("no servers in upstream")
	}
	if !fixed {
		return g, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dynamic == nil || len(f.dynamic) >= maxDynamic {
		f.dynamic = map[groupKey]*upstream.Group{}
	}
	f.dynamic[key] = g
	return g, nil
}

// peers returns the peers of a host, or of who stands in for it. They are fixed if no
// name leads to them, of which the addresses may change.
func (f *Finder) peers(r *httpd.Request, u resolver.URL, defaultPort int) (list []*upstream.Peer, fixed bool, err error) {
	u, other, err := f.instead(u, defaultPort)
	if err != nil {
		return nil, false, err
	}
	addr, named := addrPort(u, defaultPort)
	var addrs []netip.Addr
	switch {
	case u.Network == "unix":
		return []*upstream.Peer{upstream.NewUnixPeer(u.Text, u.Host)}, true, nil
	case named:
		return []*upstream.Peer{upstream.NewPeer(u.Host, addr)}, true, nil
	case r.Explaining() && (other || r.Loc.Resolve != nil):
		return []*upstream.Peer{unresolved(u.Host, portOf(u, defaultPort))}, false, nil
	case other:
		if addrs, err = lookup(u.Host); err != nil {
			err = fmt.Errorf(`%w in upstream "%s"`, err, u.Text)
		}
	case f.over.Lenient():
		addrs, err = lookupFirst(r, u.Host)
	case r.Loc.Resolve == nil:
		err = fmt.Errorf("no resolver defined to resolve %s", u.Host)
	default:
		addrs, err = r.Loc.Resolve(u.Host)
	}
	for _, a := range addrs {
		list = append(list, upstream.NewPeer(u.Host, netip.AddrPortFrom(a, portOf(u, defaultPort))))
	}
	return list, false, err
}

// unresolved returns a peer that stands for those of a name which is not looked
// up: to be shown, not to be connected to.
func unresolved(host string, port uint16) *upstream.Peer {
	p := upstream.NewPeer(host, netip.AddrPortFrom(netip.IPv4Unspecified(), port))
	p.Name = net.JoinHostPort(host, strconv.Itoa(int(port)))
	return p
}

// systemTimeout bounds how long the system may take for a name.
const systemTimeout = 2 * time.Second

// lookup asks the system for the addresses of a host.
func lookup(host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), systemTimeout)
	defer cancel()
	return resolver.Lookup(ctx, host)
}

// lookupFirst asks the system for the addresses of a host before the resolver of the
// configuration, whose servers may be those of another network.
func lookupFirst(r *httpd.Request, host string) ([]netip.Addr, error) {
	list, err := lookup(host)
	switch {
	case r.Loc.Resolve == nil && err != nil:
		return nil, fmt.Errorf("no resolver defined to resolve %s, and the system has no address of it", host)
	case r.Loc.Resolve == nil:
		r.Errorf(logs.Warn, "no resolver defined to resolve %s: nginx would answer 502 here", host)
	case err != nil:
		return r.Loc.Resolve(host)
	}
	return list, nil
}

// instead returns the address of who stands in for a host, if somebody other does.
func (f *Finder) instead(u resolver.URL, defaultPort int) (at resolver.URL, other bool, err error) {
	host, port := u.Host, int(portOf(u, defaultPort))
	if u.Network == "unix" {
		host, port = "unix:"+u.Host, 0
	}
	to, other := f.over.Instead(host, port)
	if other {
		u, err = ParseURL(to, defaultPort, false)
	}
	return u, other, err
}

// addrPort returns the address of a URL whose host is one.
func addrPort(u resolver.URL, defaultPort int) (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(strings.Trim(u.Host, "[]"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a, portOf(u, defaultPort)), true
}

func portOf(u resolver.URL, defaultPort int) uint16 {
	if u.NoPort {
		return uint16(defaultPort)
	}
	return uint16(u.Port)
}
