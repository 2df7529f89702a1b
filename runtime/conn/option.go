package conn

import (
	"errors"
	"net"
	"time"
)

// TCPInfo is what the kernel measured of a TCP connection.
type TCPInfo struct {
	RTT, RTTVar time.Duration // $tcpinfo_rtt, $tcpinfo_rttvar
	SndCwnd     uint32        // $tcpinfo_snd_cwnd, segments
	RcvSpace    uint32        // $tcpinfo_rcv_space, bytes
}

// A Keepalive is proxy_socket_keepalive or so_keepalive of listen. Fields of 0 leave
// what the system has.
type Keepalive struct {
	Idle, Interval time.Duration // whole seconds
	Count          int
}

// SetNoDelay sets TCP_NODELAY. It does nothing on a unix socket.
func (c *Conn) SetNoDelay(on bool) error {
	if t, ok := c.nc.(interface{ SetNoDelay(bool) error }); ok {
		return t.SetNoDelay(on)
	}
	return nil
}

// SetKeepalive turns on TCP keepalive probes.
func (c *Conn) SetKeepalive(k Keepalive) error {
	t, ok := c.nc.(interface {
		SetKeepAliveConfig(net.KeepAliveConfig) error
	})
	if !ok {
		return nil
	}
	return t.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable: true, Idle: orKeep(k.Idle), Interval: orKeep(k.Interval), Count: orKeep(k.Count),
	})
}

// orKeep turns 0 into what net takes for "do not change".
func orKeep[T time.Duration | int](v T) T {
	if v == 0 {
		return -1
	}
	return v
}

// SetCork sets TCP_CORK (TCP_NOPUSH on BSD systems): while it is on, only full
// segments are sent, so that tcp_nopush sends a head together with its file. It
// does nothing where the system has neither.
func (c *Conn) SetCork(on bool) error {
	if c.IsUnix() {
		return nil
	}
	return c.control(func(fd uintptr) error { return setCork(fd, on) })
}

// TCPInfo returns what the kernel measured; an error where it does not tell (only
// Linux does) or c is not TCP.
func (c *Conn) TCPInfo() (TCPInfo, error) {
	var info TCPInfo
	err := c.control(func(fd uintptr) (err error) {
		info, err = tcpInfo(fd)
		return err
	})
	return info, err
}

// control runs f on the descriptor.
func (c *Conn) control(f func(fd uintptr) error) error {
	if c.raw == nil {
		return errors.ErrUnsupported
	}
	var err error
	if cerr := c.raw.Control(func(fd uintptr) { err = f(fd) }); cerr != nil {
		return cerr
	}
	return err
}

// FD returns the number of the transport's descriptor, for logs; -1 if there is
// none. It may be another's by the time it is read.
func (c *Conn) FD() int {
	n := -1
	c.Descriptor(func(fd uintptr) { n = int(fd) })
	return n
}

// Descriptor calls f with the descriptor of the transport, which is valid only
// during the call. It reports false if there is none, or if c is closed.
func (c *Conn) Descriptor(f func(fd uintptr)) bool {
	return c.raw != nil && c.raw.Control(f) == nil
}
