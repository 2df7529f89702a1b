package resolver

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Target is an address that a host or a service of it has.
type Target struct {
	Addr netip.AddrPort // the port is 0 without a service
	// Of an SRV record (RFC 2782): its target, and how it is preferred. Weight is
	// at least 1.
	Name             string
	Priority, Weight uint16
}

// Found is what Find found.
type Found struct {
	Targets []Target
	Until   int64    // seconds since 1970: when it will have to be asked for again
	Failed  []*Error // targets of the service that could not be resolved
}

// Find returns the addresses of a host, or those of a service of it: the name
// of one, as in "_http._tcp.host", or with a dot in it what stands before the
// host. Each look-up may take as long as timeout; 0 is no limit. Until is
// set in any case. The error is an *Error, or that of ctx.
func (r *Resolver) Find(ctx context.Context, host, service string, timeout time.Duration) (f Found, err error) {
	host = strings.TrimSuffix(host, ".")
	if service == "" {
		addrs, until, err := r.find(ctx, host, timeout)
		for _, a := range addrs {
			f.Targets = append(f.Targets, Target{Addr: netip.AddrPortFrom(a, 0)})
		}
		f.Until = until
		return f, err
	}
	name := service + "." + host
	if !strings.Contains(service, ".") {
		name = "_" + service + "._tcp." + host
	}
	e, _, err := r.within(ctx, query{lower(name), true}, timeout)
	if err != nil {
		return Found{Until: r.after(keepErrors)}, asTimeout(host, err)
	}
	f.Until = e.until
	if e.code != 0 {
		return f, &Error{host, e.code}
	}
	return r.targets(ctx, f, host, e.services, timeout)
}

func (r *Resolver) within(ctx context.Context, q query, timeout time.Duration) (*entry, bool, error) {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	return r.follow(ctx, q)
}

// find returns the addresses of a host and until when they are good.
func (r *Resolver) find(ctx context.Context, host string, timeout time.Duration) ([]netip.Addr, int64, error) {
	e, kept, err := r.within(ctx, query{name: lower(host)}, timeout)
	switch {
	case err != nil:
		return nil, r.after(keepErrors), asTimeout(host, err)
	case e.code != 0:
		return nil, e.until, &Error{host, e.code}
	case kept:
		return rotate(e.addrs), e.until, nil
	}
	return e.addrs, e.until, nil
}

// targets finds the addresses of the services, all at once. Those of equal
// priority come from a random one on, as likely as it weighs.
func (r *Resolver) targets(ctx context.Context, f Found, host string, services []service, timeout time.Duration) (Found, error) {
	type found struct {
		service
		addrs []netip.Addr
		until int64
		err   error
	}
	list := make([]found, len(services))
	var wg sync.WaitGroup
	for i, s := range services {
		wg.Go(func() {
			addrs, until, err := r.find(ctx, s.target, timeout)
			list[i] = found{s, addrs, until, err}
		})
	}
	wg.Wait()
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(a.priority, b.priority) })
	code := 0
	for _, l := range list {
		if l.err == nil {
			f.Until = min(f.Until, l.until)
			continue
		}
		var failed *Error
		if !errors.As(l.err, &failed) {
			return f, l.err
		}
		f.Failed = append(f.Failed, failed)
		if code == 0 || failed.Code == NotFound {
			code = failed.Code
		}
	}
	if len(f.Failed) == len(list) {
		f.Until = r.after(keepErrors)
		return f, &Error{host, code}
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].priority == list[0].priority {
			n++
		}
		sum := 0
		for _, l := range list[:n] {
			sum += len(l.addrs) * int(l.weight)
		}
		first := 0
		if sum > 0 {
			for w := rand.IntN(sum); w >= len(list[first].addrs)*int(list[first].weight); first++ {
				w -= len(list[first].addrs) * int(list[first].weight)
			}
		}
		for i := range n {
			l := &list[(first+i)%n]
			for _, a := range l.addrs {
				f.Targets = append(f.Targets, Target{netip.AddrPortFrom(a, l.port), l.target, l.priority, l.weight})
			}
		}
		list = list[n:]
	}
	return f, nil
}
