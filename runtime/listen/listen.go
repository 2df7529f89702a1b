// Package listen keeps the listening sockets of a process. Sockets outlive
// configurations: a Set opens what a new configuration adds, keeps what it shares
// with the old one, and closes what it dropped only when the new one is at work. It
// hands connections to whoever serves a socket now, and knows no protocol.
package listen

import (
	"time"

	"understudy/runtime/conn"
)

// DefaultBacklog is the backlog of a listen directive that gives none.
const DefaultBacklog = 511

// Options are the parameters of one listening socket; two servers that share an
// address share them. https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
type Options struct {
	Network string // "tcp", "udp", "unix" or, for datagrams, "unixgram"
	Addr    string // as nginx prints it: "0.0.0.0:80", "[::]:80", "unix:/run/x.sock"

	// Bind is where the socket is in truth, in the form of Addr, on a machine
	// where it cannot be at Addr; "": there. Who serves it is not told.
	Bind string

	Backlog  int // 0: DefaultBacklog
	RcvBuf   int // bytes; 0: the system's
	SndBuf   int // bytes; 0: the system's
	FastOpen int // length of the queue; 0: off

	IPv6Only    bool // nginx's default is on
	ReusePort   bool
	DeferAccept bool // deferred
	Multipath   bool // MPTCP

	KeepAlive Keepalive // so_keepalive
}

// Keepalive is the so_keepalive parameter.
type Keepalive struct {
	Mode        Switch
	Idle, Intvl time.Duration // 0: the system's
	Cnt         int           // 0: the system's
}

// A Switch is an option that may be left as the system has it.
type Switch uint8

const (
	Unset Switch = iota
	On
	Off
)

// backlog returns what listen() gets.
func (o *Options) backlog() int {
	if o.Backlog == 0 {
		return DefaultBacklog
	}
	return o.Backlog
}

// same tells whether o and other may be one socket. Everything else can be changed
// on a socket that is open.
func (o *Options) same(other *Options) bool {
	return o.samePlace(other) && o.Multipath == other.Multipath
}

// fits tells whether k may be what o asks for. Whether a socket of a service manager
// is one for MPTCP is its own affair: those of Go's net package are.
func (k *Socket) fits(o *Options) bool {
	return o.same(&k.Options) || k.borrowed && o.samePlace(&k.Options)
}

// samePlace tells whether o and other have the same address.
func (o *Options) samePlace(other *Options) bool {
	return o.Network == other.Network && o.place() == other.place()
}

// place is the address to bind.
func (o *Options) place() string {
	if o.Bind != "" {
		return o.Bind
	}
	return o.Addr
}

// path returns the file of a unix socket, or "".
func (o *Options) path() string {
	const prefix = "unix:"
	if o.Network != "unix" && o.Network != "unixgram" || len(o.place()) < len(prefix) {
		return ""
	}
	return o.place()[len(prefix):]
}

// A Log receives what nginx would log: its level ("emerg", "notice" …) and text.
type Log func(level, text string)

// An Error is a failed system call for one address, in nginx's words.
type Error struct {
	Text string // `bind() to 127.0.0.1:80 failed`
	Err  error
}

// Error returns `bind() to 127.0.0.1:80 failed (98: Address already in use)`.
func (e *Error) Error() string {
	if t := conn.ErrnoText(e.Err); t != "" {
		return e.Text + " " + t
	}
	return e.Text + " (" + e.Err.Error() + ")"
}

// Unwrap returns the system's error.
func (e *Error) Unwrap() error { return e.Err }
