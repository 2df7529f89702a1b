package upstream

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"understudy/runtime/conn"
)

// Packets is a connected socket of datagrams that does not block, and that the
// runtime's poller does not know: whoever waits for many of them does so in a way of
// its own, and wakes up once for each datagram, not twice.
type Packets struct {
	FD int

	closing sync.Once
}

// DialPackets connects to p for datagrams, which takes no time. The transport of the
// connection is a *Packets. Errors are as those of Dial.
func (g *Group) DialPackets(p *Peer, o DialOptions) (*Conn, error) {
	o.Datagram = true
	sa, family := peerSockaddr(p)
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := connectPackets(fd, sa, o); err != nil {
		unix.Close(fd)
		return nil, err
	}
	c := &Conn{Conn: conn.New(&Packets{FD: fd}), Peer: p}
	c.Requests = 1
	return c, nil
}

func connectPackets(fd int, sa unix.Sockaddr, o DialOptions) error {
	if err := o.set(fd); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if o.Bind.IsValid() {
		if o.Bind.Port() != 0 {
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
				return os.NewSyscallError("setsockopt", err)
			}
		}
		if err := unix.Bind(fd, sockaddrOf(o.Bind)); err != nil {
			return os.NewSyscallError("bind", err)
		}
	}
	if err := unix.Connect(fd, sa); err != nil {
		return os.NewSyscallError("connect", err)
	}
	return nil
}

func peerSockaddr(p *Peer) (unix.Sockaddr, int) {
	if p.Network == "unix" {
		return &unix.SockaddrUnix{Name: p.Addr}, unix.AF_UNIX
	}
	if p.addr.Addr().Is4() {
		return sockaddrOf(p.addr), unix.AF_INET
	}
	return sockaddrOf(p.addr), unix.AF_INET6
}

func sockaddrOf(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// Read implements net.Conn. It does not wait.
func (s *Packets) Read(p []byte) (int, error) {
	n, err := unix.Read(s.FD, p)
	return max(n, 0), os.NewSyscallError("recv", err)
}

// Write implements net.Conn: p is a datagram. It does not wait.
func (s *Packets) Write(p []byte) (int, error) {
	n, err := unix.Write(s.FD, p)
	return max(n, 0), os.NewSyscallError("sendmsg", err)
}

// Close implements net.Conn.
func (s *Packets) Close() (err error) {
	s.closing.Do(func() { err = unix.Close(s.FD) })
	return err
}

// LocalAddr implements net.Conn.
func (s *Packets) LocalAddr() net.Addr { return packetAddr(unix.Getsockname(s.FD)) }

// RemoteAddr implements net.Conn.
func (s *Packets) RemoteAddr() net.Addr { return packetAddr(unix.Getpeername(s.FD)) }

func packetAddr(sa unix.Sockaddr, err error) net.Addr {
	if u, ok := sa.(*unix.SockaddrUnix); ok || err != nil {
		a := &net.UnixAddr{Net: "unixgram"}
		if ok {
			a.Name = u.Name
		}
		return a
	}
	return net.UDPAddrFromAddrPort(conn.SockaddrAddrPort(sa))
}

// The deadlines of net.Conn mean nothing to calls that do not wait.

// SetDeadline implements net.Conn.
func (s *Packets) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn.
func (s *Packets) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn.
func (s *Packets) SetWriteDeadline(time.Time) error { return nil }
