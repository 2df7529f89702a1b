package resolver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What a name cannot be resolved for, beside the codes of RFC 1035, section
// 4.1.1, that servers answer with.
const (
	FormatError   = 1
	serverFailure = 2
	NotFound      = 3
	refused       = 5
	TimedOut      = 110
)

// An Error says why a name could not be resolved.
type Error struct {
	Name string
	Code int // as nginx has it: that of the DNS, or 110
}

// Error returns nginx's words: "a.example could not be resolved (3: Host not found)".
func (e *Error) Error() string {
	text := "Unknown error"
	if list := [...]string{"", "Format error", "Server failure", "Host not found", "Unimplemented", "Operation refused"}; e.Code > 0 && e.Code < len(list) {
		text = list[e.Code]
	} else if e.Code == TimedOut {
		text = "Operation timed out"
	}
	return fmt.Sprintf("%s could not be resolved (%d: %s)", e.Name, e.Code, text)
}

// A Resolver looks names up at run time, with servers of its own. It keeps
// answers, and has neither goroutine nor socket while nobody waits for one.
//
// https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver
type Resolver struct {
	Servers    []netip.AddrPort // asked in turn; at least one
	Valid      time.Duration    // how long answers are kept, whole seconds; 0: as long as they say
	IPv4, IPv6 bool             // which addresses are asked for; at least one

	// Caught is told what asking for a name panicked of, from the function that
	// recovered; who waits for the name is told of a failure. nil: nothing recovers.
	Caught func(fault any)

	resend time.Duration
	now    func() time.Time
	turn   atomic.Uint32

	mu    sync.Mutex
	names map[query]*entry // guarded by mu
	swept int              // names that the last sweep left; guarded by mu
}

// New returns a resolver that asks servers.
func New(servers []netip.AddrPort) *Resolver {
	return &Resolver{Servers: servers, IPv4: true, IPv6: true, resend: resend, now: time.Now, names: map[query]*entry{}}
}

// A query is what is asked for a name, which is in lower case: its addresses, or
// its services.
type query struct {
	name string
	srv  bool
}

// An entry is a name that is being asked for, or was. An alias has an entry of
// its own, so each lives as long as it says.
type entry struct {
	waiting int           // guarded by the lock of the resolver
	done    chan struct{} // closed when the following are set
	records
	until int64 // the last second the entry is good for
}

// keepErrors is until when a name that does not exist is not asked for again by
// those who ask by themselves. Nobody else is kept from asking.
const keepErrors = 10 * time.Second

// maxNames is how many names are kept before old ones are looked for.
const maxNames = 1000

// Resolve returns the addresses of a host, which may take as long as limit; 0
// is no limit. Addresses that are kept from an earlier answer come in an order
// that changes. The error is an *Error, or that of ctx.
func (r *Resolver) Resolve(ctx context.Context, host string, limit time.Duration) ([]netip.Addr, error) {
	addrs, _, err := r.find(ctx, host, limit)
	return addrs, err
}

func lower(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// maxAliases is nginx's NGX_RESOLVER_MAX_RECURSION.
const maxAliases = 50

// follow returns what is known of a name, or of what it is an alias for.
func (r *Resolver) follow(ctx context.Context, q query) (e *entry, kept bool, err error) {
	for range maxAliases + 1 {
		e, kept, err = r.get(ctx, q)
		if err != nil || e.code != 0 || e.alias == "" {
			return e, kept, err
		}
		q.name = lower(e.alias)
	}
	return &entry{records: records{code: NotFound}, until: r.after(keepErrors)}, false, nil
}

// get returns what is known of a name, or asks for it and waits. kept tells that
// it was known. The error is that of ctx.
func (r *Resolver) get(ctx context.Context, q query) (e *entry, kept bool, err error) {
	r.mu.Lock()
	e = r.names[q]
	if e != nil && e.ended() {
		if e.until >= r.now().Unix() {
			r.mu.Unlock()
			return e, true, nil
		}
		e = nil
	}
	if e == nil {
		e = &entry{done: make(chan struct{})}
		r.sweep()
		r.names[q] = e
		go r.fill(e, q)
	}
	e.waiting++
	r.mu.Unlock()
	select {
	case <-e.done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	r.mu.Lock()
	e.waiting--
	r.mu.Unlock()
	return e, false, err
}

// ended is called with mu held, or by who waited for the end.
func (e *entry) ended() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// fill asks for a name as long as somebody waits for the answer.
func (r *Resolver) fill(e *entry, q query) {
	got, ok := records{code: serverFailure}, false
	defer func() {
		if r.Caught != nil {
			if fault := recover(); fault != nil {
				r.Caught(fault)
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		e.records, e.until = got, r.after(got.ttl)
		if got.code != 0 {
			e.until = r.after(keepErrors)
		}
		if (!ok || got.code != 0) && r.names[q] == e {
			delete(r.names, q)
		}
		close(e.done)
	}()
	got, ok = r.lookup(q, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return e.waiting > 0
	})
}

// after returns the second until which an answer with a lifetime is good.
func (r *Resolver) after(ttl time.Duration) int64 {
	if r.Valid > 0 {
		ttl = r.Valid
	}
	return r.now().Unix() + int64(ttl/time.Second)
}

// sweep forgets answers that are no longer good, when there are twice as many as
// were left the last time: clients may bring in any number of names. mu is held.
func (r *Resolver) sweep() {
	if len(r.names) < max(maxNames, 2*r.swept) {
		return
	}
	defer func() { r.swept = len(r.names) }()
	now := r.now().Unix()
	for q, e := range r.names {
		if e.ended() && e.until < now {
			delete(r.names, q)
		}
	}
}

// rotate returns the addresses from a random one on, those of a random family
// first, so that names with several share the load.
func rotate(addrs []netip.Addr) []netip.Addr {
	if len(addrs) < 2 {
		return addrs
	}
	split := 0
	for split < len(addrs) && addrs[split].Is4() {
		split++
	}
	v4, v6 := turned(addrs[:split]), turned(addrs[split:])
	if rand.IntN(2) == 0 {
		v4, v6 = v6, v4
	}
	return append(v4, v6...)
}

func turned(addrs []netip.Addr) []netip.Addr {
	if len(addrs) == 0 {
		return nil
	}
	n := rand.IntN(len(addrs))
	return append(append(make([]netip.Addr, 0, 2*len(addrs)), addrs[n:]...), addrs[:n]...)
}
