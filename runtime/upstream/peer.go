package upstream

import (
	"fmt"
	"net/netip"
	"time"

	"understudy/runtime/resolver"
)

// A Peer is one address of one server of a group. Its exported fields are set
// before it is in the group and not changed after.
type Peer struct {
	Server  string // the server as the configuration writes it: "backend:8080"; consistent hashing places by it
	Network string // "tcp" or "unix"
	Addr    string // "127.0.0.1:80", "[::1]:80" or "/path"
	Name    string // as in $upstream_addr and in logs; unix peers have "unix:" before the path

	Weight      int           // at least 1
	MaxConns    int           // connections at a time; 0: no limit
	MaxFails    int           // failures within FailTimeout that make the peer unavailable; 0: never
	FailTimeout time.Duration // whole seconds
	Backup      bool          // used when no primary peer can be
	Down        bool          // never used
	Drain       bool          // used for requests that ask for it by Route only; not with Down
	Route       string        // the identifier of sticky sessions; "" has the group make one from Name
	Host        *Host         // of a server whose addresses are found at run time, and of the peers that it has; else nil

	addr  netip.AddrPort // of tcp peers
	cache *cached        // idle connections to the address; shared by peers that have the same one
	index int            // in its peers.list

	state // guarded by the lock of the group
}

// The state of a peer is what requests change.
type state struct {
	current, effective int   // weights of the smooth round robin
	conns              int   // picked and not yet freed
	fails              int   // since the peer was last found live
	accessed, checked  int64 // seconds; the last failure, and the last time its timeout was begun

	timing
}

// PeerState is what a peer is doing, for tools.
type PeerState struct {
	Conns       int       // requests that use the peer
	Fails       int       // failures that count against MaxFails
	Checked     time.Time // start of the running fail_timeout
	Unavailable bool      // by failures; Down and MaxConns are not looked at
	Effective   int       // weight after failures
}

// NewPeer returns a peer with the defaults of the server directive for the
// address of a tcp peer.
func NewPeer(server string, addr netip.AddrPort) *Peer {
	return &Peer{
		Server: server, Network: "tcp", Addr: addr.String(), Name: resolver.AddrPortText(addr),
		Weight: 1, MaxFails: 1, FailTimeout: 10 * time.Second,
	}
}

// NewUnixPeer returns a peer with the defaults of the server directive for the
// path of a UNIX-domain socket.
func NewUnixPeer(server, path string) *Peer {
	return &Peer{
		Server: server, Network: "unix", Addr: path, Name: "unix:" + path,
		Weight: 1, MaxFails: 1, FailTimeout: 10 * time.Second,
	}
}

// init prepares p for a group.
func (p *Peer) init() error {
	switch p.Network {
	case "unix":
	case "tcp":
		var err error
		if p.addr, err = netip.ParseAddrPort(p.Addr); err != nil {
			return fmt.Errorf("invalid address %q of peer %q", p.Addr, p.Server)
		}
	default:
		return fmt.Errorf("invalid network %q of peer %q", p.Network, p.Server)
	}
	if p.Weight < 1 {
		return fmt.Errorf("invalid weight %d of peer %q", p.Weight, p.Server)
	}
	if p.Name == "" {
		p.Name = p.Addr
	}
	if p.Host != nil {
		p.Host.route = p.Route
	}
	p.ready()
	return nil
}

// ready prepares what p begins with.
func (p *Peer) ready() {
	if p.Route == "" {
		p.Route = routeOf(p.Name)
	}
	p.effective = p.Weight
}

// usable tells whether p may be given a request at now, by its failures and
// its number of connections.
func (p *Peer) usable(now int64) bool {
	return !p.failed(now) && (p.MaxConns == 0 || p.conns < p.MaxConns)
}

// failed tells whether p failed MaxFails times and its time is not over.
func (p *Peer) failed(now int64) bool {
	return p.MaxFails != 0 && p.fails >= p.MaxFails && now-p.checked <= p.timeout()
}

func (p *Peer) timeout() int64 { return int64(p.FailTimeout / time.Second) }

// off tells whether p takes no new requests by configuration.
func (p *Peer) off() bool { return p.Down || p.Drain }

// weigh is a step of the smooth weighted round robin: p gains its effective
// weight, which recovers by one after failures. It returns what p gained.
func (p *Peer) weigh() int {
	gain := p.effective
	p.current += gain
	if p.effective < p.Weight {
		p.effective++
	}
	return gain
}

// check begins a new fail_timeout once the last is over, so that the request
// being given to p is the one that tells whether it is live again.
func (p *Peer) check(now int64) {
	if now-p.checked > p.timeout() {
		p.checked = now
	}
}

// fail counts a failure of p at now and tells whether it makes p unavailable.
func (p *Peer) fail(now int64) (disabled bool) {
	p.fails++
	p.accessed, p.checked = now, now
	if p.MaxFails != 0 {
		p.effective = max(0, p.effective-p.Weight/p.MaxFails)
		return p.fails >= p.MaxFails
	}
	p.effective = max(0, p.effective)
	return false
}

// live forgets the failures of p if it passed a check since the last of them.
func (p *Peer) live() {
	if p.accessed < p.checked {
		p.fails = 0
	}
}
