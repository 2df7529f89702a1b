package upstream

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"time"

	"understudy/runtime/conn"
)

// DialOptions are how a connection to a peer is made.
type DialOptions struct {
	Timeout     time.Duration  // proxy_connect_timeout; 0: the system's
	Bind        netip.AddrPort // the local address (proxy_bind); port 0: any
	Transparent bool           // Bind may be an address of another host
	KeepAlive   bool           // TCP keepalive probes (proxy_socket_keepalive)
	Datagram    bool           // UDP
	RcvBuf      int            // of the socket, in bytes (proxy_socket_rcvbuf); 0: the system's
	SndBuf      int            // likewise (proxy_socket_sndbuf)
}

// Dial connects to p. Its errors hold the system's; conn.Errno finds it, and
// a timeout is one by its Timeout method.
func (g *Group) Dial(ctx context.Context, p *Peer, o DialOptions) (*Conn, error) {
	d := net.Dialer{Timeout: o.Timeout, KeepAlive: -1}
	if o.KeepAlive {
		// The system's times, as setting SO_KEEPALIVE alone has.
		d.KeepAliveConfig = net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: -1}
	}
	if o.Bind.IsValid() || o.RcvBuf > 0 || o.SndBuf > 0 {
		d.Control = o.control
	}
	nc, err := dial(ctx, &d, p, o)
	if err != nil {
		return nil, err
	}
	c := &Conn{Conn: conn.New(nc), Peer: p}
	c.Requests = 1
	if s, ok := nc.(syscall.Conn); ok {
		c.raw, _ = s.SyscallConn()
	}
	return c, nil
}

func dial(ctx context.Context, d *net.Dialer, p *Peer, o DialOptions) (net.Conn, error) {
	var nc net.Conn
	var err error
	switch {
	case p.Network == "unix" && o.Datagram:
		nc, err = d.DialUnix(ctx, "unixgram", nil, &net.UnixAddr{Name: p.Addr, Net: "unixgram"})
	case p.Network == "unix":
		nc, err = d.DialUnix(ctx, "unix", nil, &net.UnixAddr{Name: p.Addr, Net: "unix"})
	case o.Datagram:
		nc, err = d.DialUDP(ctx, "udp", o.Bind, p.addr)
	default:
		nc, err = d.DialTCP(ctx, "tcp", o.Bind, p.addr)
	}
	if err != nil {
		return nil, err // not nc: a nil *net.TCPConn is no nil net.Conn
	}
	return nc, nil
}
