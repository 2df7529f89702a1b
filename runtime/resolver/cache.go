package resolver

import (
	"context"
	"errors"
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
	FormatError = 1
	NotFound    = 3
	TimedOut    = 110
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
	Valid      time.Duration    // how long answers are kept; 0: as long as they say
	IPv4, IPv6 bool             // which addresses are asked for; at least one

	resend time.Duration
	now    func() time.Time
	turn   atomic.Uint32

	mu    sync.Mutex
	names map[string]*entry // guarded by mu; in lower case
}

// New returns a resolver that asks servers.
func New(servers []netip.AddrPort) *Resolver {
	return &Resolver{Servers: servers, IPv4: true, IPv6: true, resend: resend, now: time.Now, names: map[string]*entry{}}
}

// An entry is a name that is being asked for, or was.
type entry struct {
	done  chan struct{} // closed when the following are set
	addrs []netip.Addr
	until time.Time
	err   error
}

// patience is how long an answer is waited for whoever still wants it.
const patience = time.Minute

// maxNames is how many names are kept before old ones are looked for.
const maxNames = 1000

// Resolve returns the addresses of a host. Those that are kept from an earlier
// answer come in an order that changes. The error is an *Error, which says
// TimedOut if the deadline of ctx has passed, or that of ctx.
func (r *Resolver) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	key := strings.ToLower(strings.TrimSuffix(host, "."))
	r.mu.Lock()
	e := r.names[key]
	if e != nil && e.ended() && (e.err != nil || !r.now().Before(e.until)) {
		e = nil
	}
	kept := e != nil && e.ended()
	if e == nil {
		e = &entry{done: make(chan struct{})}
		r.sweep()
		r.names[key] = e
		go r.fill(e, key)
	}
	r.mu.Unlock()
	select {
	case <-e.done:
	case <-ctx.Done():
		return nil, timeout(host, ctx.Err())
	}
	var failed *Error
	if errors.As(e.err, &failed) {
		return nil, &Error{host, failed.Code}
	}
	if kept {
		return rotate(e.addrs), nil
	}
	return e.addrs, nil
}

func (e *entry) ended() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// fill asks for a name.
func (r *Resolver) fill(e *entry, key string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	addrs, ttl, err := r.lookup(ctx, key)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Valid > 0 {
		ttl = r.Valid
	}
	e.addrs, e.err, e.until = addrs, err, r.now().Add(ttl)
	if err != nil && r.names[key] == e {
		delete(r.names, key)
	}
	close(e.done)
}

// sweep forgets answers that are no longer good; mu is held.
func (r *Resolver) sweep() {
	if len(r.names) < maxNames {
		return
	}
	now := r.now()
	for name, e := range r.names {
		if e.ended() && !now.Before(e.until) {
			delete(r.names, name)
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
