package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"slices"
	"time"

	"understudy/runtime/logs"
	"understudy/runtime/resolver"
)

// A Host is the name of a server whose addresses are found at run time. The
// peer that has it when the group is made says how those it finds are used.
type Host struct {
	Name    string
	Service string // of SRV records; "": the addresses of Name

	// Lookup finds the addresses, in the place of a resolver, of a host that had
	// none when the configuration was read; nil: a resolver does.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	template *Peer
	route    string // that of the template, if it was given one
	peers    *peers // primary or backup
	until    int64  // seconds since 1970: when it has to be asked for again; guarded by the lock of the group
}

// begin makes p the template of the peers of h, which are among s.
func (h *Host) begin(s *peers, p *Peer) {
	h.template, h.peers = p, s
}

// Resolve keeps the peers of the hosts of g what r says their addresses are,
// until ctx ends. Each question may take as long as timeout. A peer whose
// address stays keeps its state.
func (g *Group) Resolve(ctx context.Context, r *resolver.Resolver, timeout time.Duration, log *slog.Logger) {
	done := make(chan struct{}, len(g.hosts))
	for _, h := range g.hosts {
		go func() {
			for ctx.Err() == nil {
				g.keep(ctx, h, r, timeout, log)
			}
			done <- struct{}{}
		}()
	}
	for range g.hosts {
		<-done
	}
}

// keep keeps the peers of h up to date until ctx ends, or something panics: then it
// returns after a while.
func (g *Group) keep(ctx context.Context, h *Host, r *resolver.Resolver, timeout time.Duration, log *slog.Logger) {
	again := max(timeout, time.Second)
	defer func() {
		if fault := recover(); fault != nil {
			logs.Fault(fault, func(text string) { log.Log(ctx, logs.Alert, text) })
			select {
			case <-ctx.Done():
			case <-time.After(again):
			}
		}
	}()
	if h.Lookup != nil {
		g.seek(ctx, h, log)
		return
	}
	g.follow(ctx, h, log, again, func() (resolver.Found, error) {
		return r.Find(ctx, h.Name, h.Service, timeout)
	})
}

// Named tells whether g has hosts to Resolve.
func (g *Group) Named() bool { return len(g.hosts) > 0 }

// follow keeps the peers of h up to date. After a failure, which changes nothing
// unless it is that there are no addresses, it waits for as long as again.
func (g *Group) follow(ctx context.Context, h *Host, log *slog.Logger, again time.Duration, find func() (resolver.Found, error)) {
	g.mu.Lock()
	wait := time.Duration(max(0, h.until-time.Now().Unix())) * time.Second
	g.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		found, err := find()
		if ctx.Err() != nil {
			return
		}
		for _, f := range found.Failed {
			log.Error(fmt.Sprintf("%v while resolving service %s of %s", f, h.Service, h.Name))
		}
		if err != nil {
			text := ""
			if h.Service != "" {
				text = "service " + h.Service + " of "
			}
			log.Error(text + err.Error())
			var failed *resolver.Error
			if !errors.As(err, &failed) || failed.Code != resolver.NotFound {
				wait = again
				continue
			}
		}
		g.update(h, found)
		// A second more, so that the answer is not found in the resolver's cache.
		wait = time.Second
		if left := found.Until - time.Now().Unix(); left > 0 {
			wait = time.Duration(left+1) * time.Second
		}
	}
}

// How often a host without addresses is looked up, at first and in the long run.
const (
	seekFirst = 500 * time.Millisecond
	seekMost  = 10 * time.Second
)

// seek keeps the peers of h what its Lookup says. A failure changes nothing.
func (g *Group) seek(ctx context.Context, h *Host, log *slog.Logger) {
	wait := seekFirst
	for found := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, seekMost)
		addrs, err := h.Lookup(ctx, h.Name)
		if err != nil || len(addrs) == 0 || ctx.Err() != nil {
			continue
		}
		f := resolver.Found{Until: math.MaxInt64}
		for _, a := range addrs {
			f.Targets = append(f.Targets, resolver.Target{Addr: netip.AddrPortFrom(a, 0)})
		}
		g.update(h, f)
		if !found {
			log.Warn(fmt.Sprintf("host %q resolves now, to %v", h.Name, addrs[0]))
		}
		found, wait = true, seekMost
	}
}

// Unresolved returns a host of g that has had no address yet, with its port, if g has
// no server that could be connected to; else "".
func (g *Group) Unresolved() (host string, port uint16) {
	if len(g.hosts) == 0 {
		return "", 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.primary.list)+len(g.backup.list) > 0 {
		return "", 0
	}
	for _, h := range g.hosts {
		if h.Lookup != nil {
			return h.Name, h.template.addr.Port()
		}
	}
	return "", 0
}

// update makes the peers of h those that were found. The targets of a service
// that are preferred are where h is, the others are backup.
func (g *Group) update(h *Host, f resolver.Found) {
	first := uint16(math.MaxUint16)
	for _, t := range f.Targets {
		first = min(first, t.Priority)
	}
	var preferred, others []resolver.Target
	for _, t := range f.Targets {
		if t.Priority == first {
			preferred = append(preferred, t)
		} else {
			others = append(others, t)
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	changed := h.replace(g, h.peers, preferred)
	if next := h.peers.next; h.Service != "" && next != nil {
		changed = h.replace(g, next, others) || changed
	}
	h.until = f.Until
	if changed {
		g.unshare()
		g.collect()
	}
}

// replace makes the peers of h among s those of list. Those that stay keep
// their place and their state, new ones follow at the end.
func (h *Host) replace(g *Group, s *peers, list []resolver.Target) (changed bool) {
	list = slices.Clone(list)
	kept := make([]*Peer, 0, len(s.list)+len(list))
	for _, p := range s.list {
		if p.Host != h {
			kept = append(kept, p)
			continue
		}
		i := slices.IndexFunc(list, func(t resolver.Target) bool { return h.same(p, t) })
		if i < 0 {
			changed = true
			continue
		}
		kept = append(kept, p)
		list = slices.Delete(list, i, i+1)
	}
	for _, t := range list {
		changed = true
		kept = append(kept, h.peer(g, t))
	}
	s.list = kept
	return changed
}

// same tells whether t is the target that p was made of.
func (h *Host) same(p *Peer, t resolver.Target) bool {
	if h.Service == "" {
		return p.addr.Addr() == t.Addr.Addr()
	}
	return p.addr == t.Addr && p.Server == t.Name && (h.template.Weight != 1 || p.Weight == int(t.Weight))
}

// peer makes a peer of a target.
func (h *Host) peer(g *Group, t resolver.Target) *Peer {
	server, weight := h.template.Server, h.template.Weight
	if h.Service == "" {
		t.Addr = netip.AddrPortFrom(t.Addr.Addr(), h.template.addr.Port())
	} else {
		server = t.Name
		if weight == 1 {
			weight = int(t.Weight)
		}
	}
	p := NewPeer(server, t.Addr)
	p.Weight, p.Host, p.addr = weight, h, t.Addr
	from := h.template
	p.MaxConns, p.MaxFails, p.FailTimeout = from.MaxConns, from.MaxFails, from.FailTimeout
	p.Backup, p.Down, p.Drain, p.Route = from.Backup, from.Down, from.Drain, h.route
	p.ready()
	g.share(p)
	return p
}

// Inherit gives the hosts of g the addresses that those of the same names have
// in old, the group of that name and zone of the configuration before, until
// they will have been asked for. What old knows about its peers is forgotten,
// as in nginx.
func (g *Group) Inherit(old *Group) {
	if old == nil || old == g {
		return
	}
	old.mu.Lock()
	defer old.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, h := range g.hosts {
		if h.peers == &g.primary {
			h.inherit(g, &g.primary, old, &old.primary, &old.primary)
			if g.primary.next != nil && old.primary.next != nil {
				h.inherit(g, &g.backup, old, &old.primary, &old.backup)
			}
		} else if old.primary.next != nil {
			h.inherit(g, &g.backup, old, &old.backup, &old.backup)
		}
	}
	g.collect()
}

// inherit adds to s the peers that the host of old which is called as h, and is
// among from, has among list.
func (h *Host) inherit(g *Group, s *peers, old *Group, from, list *peers) {
	var was *Host
	for _, o := range old.hosts {
		if o.peers == from && o.Name == h.Name && o.Service == h.Service {
			was = o
			break
		}
	}
	if was == nil {
		return
	}
	s.list = slices.Clone(s.list)
	for _, o := range list.list {
		if o.Host != was {
			continue
		}
		h.until = was.until
		s.list = append(s.list, h.peer(g, resolver.Target{Addr: o.addr, Name: o.Server, Weight: uint16(min(o.Weight, math.MaxUint16))}))
	}
}
