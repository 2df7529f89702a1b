package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"understudy/runtime"
	"understudy/runtime/listen"
)

// A placing finds places for sockets where the configuration's own are not to be
// had: they belong to root, to another process or to another machine. What has been
// placed stays there as long as it can.
type placing struct {
	f     *foreground
	probe func(*listen.Options, netip.AddrPort) error // tries whether a socket can be bound

	moved map[string]string // where sockets are bound, by socketKey; "": where they are to be
	gone  map[string]bool   // sockets that cannot be anywhere, likewise
	ports map[portKey]int   // what ports have become
	told  map[int]int       // of the overlay, when ports were placed
	held  map[string]bool   // sockets that the configuration in force has, where they are bound
}

// A portKey is a port and the protocol that it is of.
type portKey struct {
	network string
	port    int
}

func socketKey(network, addr string) string { return network + " " + addr }

func keyOf(o *listen.Options) string { return socketKey(o.Network, o.Addr) }

// firstShift is how far ports that are root's are moved: 80 to 8080, 443 to 8443.
const firstShift = 8000

// place chooses where the sockets of g are bound. Those that cannot be anywhere
// are taken out of it. held are sockets of this process.
func (p *placing) place(g *runtime.Graph, held []runtime.Entry) error {
	if p.moved == nil {
		p.moved, p.gone, p.ports, p.told = map[string]string{}, map[string]bool{}, map[portKey]int{}, map[int]int{}
	}
	p.held = map[string]bool{}
	for i := range held {
		p.held[socketKey(held[i].Network, cmp.Or(held[i].Bind, held[i].Addr))] = true
	}
	groups := map[portKey][]*listen.Options{}
	var order []portKey
	for i := range g.Listen {
		o := &g.Listen[i].Options
		if o.Network == "unix" {
			p.placeUnix(o)
			continue
		}
		a, err := netip.ParseAddrPort(o.Addr)
		if err != nil {
			continue
		}
		k := portKey{o.Network, int(a.Port())}
		if len(groups[k]) == 0 {
			order = append(order, k)
		}
		groups[k] = append(groups[k], o)
	}
	for _, k := range order {
		if p.f.overlay.ports[k.port] != p.told[k.port] {
			p.forget(k)
		}
	}
	for _, k := range order {
		if err := p.placePort(k, groups[k], groups); err != nil {
			return err
		}
	}
	p.told = p.f.overlay.ports
	g.Listen = slices.DeleteFunc(g.Listen, func(e runtime.Entry) bool { return p.gone[keyOf(&e.Options)] })
	return nil
}

// forget forgets where the sockets of a port are: the overlay says something else
// of it than before. It says nothing new if it names the port that was found.
func (p *placing) forget(k portKey) {
	if to := p.f.overlay.ports[k.port]; to != 0 && to == p.ports[k] {
		return
	}
	delete(p.ports, k)
	ofPort := func(key string) bool {
		network, addr, _ := strings.Cut(key, " ")
		a, err := netip.ParseAddrPort(addr)
		return err == nil && network == k.network && int(a.Port()) == k.port
	}
	maps.DeleteFunc(p.moved, func(key, _ string) bool { return ofPort(key) })
	maps.DeleteFunc(p.gone, func(key string, _ bool) bool { return ofPort(key) })
}

// placePort finds the port for all the addresses of one.
func (p *placing) placePort(k portKey, list []*listen.Options, all map[portKey][]*listen.Options) error {
	list = slices.DeleteFunc(slices.Clone(list), func(o *listen.Options) bool {
		bind, ok := p.moved[keyOf(o)]
		if ok {
			o.Bind = bind
		}
		return ok || p.gone[keyOf(o)]
	})
	if len(list) == 0 {
		return nil
	}
	port, fixed := p.f.overlay.ports[k.port]
	if was, ok := p.ports[k]; ok {
		port, fixed = was, true
	}
	if fixed {
		if err := p.bind(list, port); err != nil {
			return failf(exitEnvironment, "port %d cannot be used for %d: %v%s", port, k.port, cause(err), holding(k.network, port))
		}
		p.keep(k, list, port)
		return nil
	}
	err := p.bind(list, k.port)
	if err == nil {
		p.keep(k, list, k.port)
		return nil
	}
	why := fmt.Sprint(cause(err))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		why = "is taken" + holding(k.network, k.port)
	case errors.Is(err, fs.ErrPermission):
		why = "is for root only"
	}
	first := k.port + 1
	if k.port < 1024 {
		first = k.port + firstShift
	}
	for port := first; port < first+1000 && port <= 65535; port++ {
		if len(all[portKey{k.network, port}]) > 0 || p.used(k.network, port) || p.bind(list, port) != nil {
			continue
		}
		p.f.coded("port-moved", "port %d %s: %d is used in its place", k.port, why, port)
		p.keep(k, list, port)
		return nil
	}
	return failf(exitEnvironment, "port %d %s, and no other was found", k.port, why)
}

// used reports whether a port has been given away.
func (p *placing) used(network string, port int) bool {
	for k, to := range p.ports {
		if k.network == network && to == port {
			return true
		}
	}
	return slices.ContainsFunc(mapped(p.f.overlay), func(to int) bool { return to == port })
}

func mapped(o *overlay) (to []int) {
	for _, port := range o.ports {
		to = append(to, port)
	}
	return to
}

// keep remembers where sockets have been placed: the next configuration finds
// them there.
func (p *placing) keep(k portKey, list []*listen.Options, port int) {
	p.ports[k] = port
	for _, o := range list {
		if !p.gone[keyOf(o)] {
			p.moved[keyOf(o)] = o.Bind
		}
	}
}

// bind tries the addresses of list with another port, and sets their Bind. An
// address that is none of this machine's becomes one of the loopback, and a
// family that the machine does not have is left out.
func (p *placing) bind(list []*listen.Options, port int) error {
	binds := make([]string, len(list))
	taken := map[string]bool{}
	var moves, missing []string
	var dropped []*listen.Options
	for i, o := range list {
		a, _ := netip.ParseAddrPort(o.Addr)
		to := netip.AddrPortFrom(a.Addr(), uint16(port))
		err := p.try(o, to)
		if err != nil && a.Addr().Is6() && (errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EADDRNOTAVAIL)) && a.Addr().IsUnspecified() {
			dropped, missing = append(dropped, o), append(missing, o.Addr)
			continue
		}
		for n := byte(1); n < 255 && errors.Is(err, syscall.EADDRNOTAVAIL); n++ {
			to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, n}), uint16(port))
			if taken[to.String()] {
				continue
			}
			if err = p.try(o, to); err == nil {
				moves = append(moves, fmt.Sprintf("%s is none of this machine: %s is used in its place", o.Addr, to))
			}
		}
		if err != nil {
			return err
		}
		taken[to.String()] = true
		if to != a {
			binds[i] = to.String()
		}
	}
	for i, o := range list {
		o.Bind = binds[i]
	}
	for _, o := range dropped {
		p.gone[keyOf(o)] = true
	}
	for _, text := range moves {
		p.f.notice("%s", text)
	}
	if len(missing) > 0 {
		p.f.notice("this machine has no IPv6: nothing listens on %s", strings.Join(missing, ", "))
	}
	return nil
}

// try reports whether a socket can be bound, or is already.
func (p *placing) try(o *listen.Options, a netip.AddrPort) error {
	if p.held[socketKey(o.Network, a.String())] {
		return nil
	}
	return p.probe(o, a)
}

// probe is placing.probe of this machine.
func probe(o *listen.Options, a netip.AddrPort) error {
	lc := net.ListenConfig{}
	network := o.Network
	switch {
	case a.Addr().Is4():
		network += "4"
	case o.IPv6Only || !a.Addr().IsUnspecified():
		network += "6"
	}
	if o.Network == "udp" {
		c, err := lc.ListenPacket(context.Background(), network, a.String())
		if err == nil {
			c.Close()
		}
		return err
	}
	l, err := lc.Listen(context.Background(), network, a.String())
	if err == nil {
		l.Close()
	}
	return err
}

// placeUnix finds the place of a unix socket: where it is to be, if a file can be
// made there.
func (p *placing) placeUnix(o *listen.Options) {
	key := keyOf(o)
	if bind, ok := p.moved[key]; ok {
		o.Bind = bind
		return
	}
	path := p.f.overlay.path(strings.TrimPrefix(o.Addr, "unix:"))
	if err := creatable(path); err != nil {
		dir := p.f.stateDir()
		_ = os.MkdirAll(dir, 0o700)
		to := filepath.Join(dir, filepath.Base(path))
		p.f.notice("the socket %s is at %s: %v", path, to, cause(err))
		path = to
	}
	if path := "unix:" + path; path != o.Addr {
		o.Bind = path
	}
	p.moved[key] = o.Bind
}

// creatable reports whether a file can be made at path. A socket that nobody
// listens on is removed.
func creatable(path string) error {
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return syscall.EADDRINUSE
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		os.Remove(path)
	}
	l, err := net.Listen("unix", path)
	if err == nil {
		l.Close() // which removes it
	}
	return err
}

// cause is the innermost error: what the system says, without the calls.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// holding names the process that has a port: ` by node (process 8123)`, or "".
func holding(network string, port int) string {
	h := holderOf(network, port)
	if h.pid == 0 {
		return ""
	}
	return fmt.Sprintf(" by %s (process %d)", cmp.Or(h.name, "a process"), h.pid)
}

// A holder is a process that listens on a port.
type holder struct {
	pid  int // 0: not known
	name string
}
