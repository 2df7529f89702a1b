package conn

import (
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Local is the address of a listening socket, shared by its connections.
type Local struct {
	Addr netip.AddrPort // zero for a unix socket
	Path string         // of a unix socket
}

// Adopt returns a Conn that owns fd, a connected, non-blocking stream socket,
// accepted now. The zero remote is that of a unix socket. What a wildcard in local
// leaves open is asked of the kernel when it is needed, as nginx does.
//
// It is New without what net does for each connection it accepts: getsockname and
// five socket options.
func Adopt(fd int, remote netip.AddrPort, local *Local) (*Conn, error) {
	f := os.NewFile(uintptr(fd), "")
	if f == nil {
		return nil, os.NewSyscallError("accept4", syscall.EBADF)
	}
	return New(&socket{file: f, remote: remote, local: local}), nil
}

// A socket is a net.Conn over a descriptor.
type socket struct {
	file   *os.File
	remote netip.AddrPort
	local  *Local
}

func (s *socket) SyscallConn() (syscall.RawConn, error) { return s.file.SyscallConn() }

func (s *socket) Read(p []byte) (int, error)         { return s.file.Read(p) }
func (s *socket) Write(p []byte) (int, error)        { return s.file.Write(p) }
func (s *socket) Close() error                       { return s.file.Close() }
func (s *socket) SetDeadline(t time.Time) error      { return s.file.SetDeadline(t) }
func (s *socket) SetReadDeadline(t time.Time) error  { return s.file.SetReadDeadline(t) }
func (s *socket) SetWriteDeadline(t time.Time) error { return s.file.SetWriteDeadline(t) }

func (s *socket) isUnix() bool { return !s.remote.IsValid() }

// addrPorts returns the addresses without making net.Addrs of them.
func (s *socket) addrPorts() (remote, local netip.AddrPort, path string) {
	local = s.local.Addr
	if !s.isUnix() && local.Addr().IsUnspecified() {
		s.setopt("getsockname", func(fd int) error {
			sa, err := unix.Getsockname(fd)
			if err == nil {
				local = SockaddrAddrPort(sa)
			}
			return err
		})
	}
	return s.remote, local, s.local.Path
}

func (s *socket) LocalAddr() net.Addr {
	_, local, path := s.addrPorts()
	if s.isUnix() {
		return &net.UnixAddr{Name: path, Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(local)
}

func (s *socket) RemoteAddr() net.Addr {
	if s.isUnix() {
		return &net.UnixAddr{Net: "unix"}
	}
	return net.TCPAddrFromAddrPort(s.remote)
}

func (s *socket) setopt(call string, f func(fd int) error) error {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return err
	}
	if cerr := raw.Control(func(fd uintptr) { err = f(int(fd)) }); cerr != nil {
		return cerr
	}
	return os.NewSyscallError(call, err)
}

func (s *socket) setint(level, opt, v int) error {
	return s.setopt("setsockopt", func(fd int) error { return unix.SetsockoptInt(fd, level, opt, v) })
}

// CloseWrite ends the sending direction.
func (s *socket) CloseWrite() error {
	return s.setopt("shutdown", func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) })
}

// SetNoDelay sets TCP_NODELAY.
func (s *socket) SetNoDelay(on bool) error {
	if s.isUnix() {
		return nil
	}
	v := 0
	if on {
		v = 1
	}
	return s.setint(unix.IPPROTO_TCP, unix.TCP_NODELAY, v)
}

// SetLinger sets SO_LINGER; sec is in seconds.
func (s *socket) SetLinger(sec int) error {
	return s.setopt("setsockopt", func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: int32(sec)})
	})
}

// SetKeepAliveConfig sets the keepalive options; negative fields are left alone.
func (s *socket) SetKeepAliveConfig(k net.KeepAliveConfig) error {
	if s.isUnix() {
		return nil
	}
	if !k.Enable {
		return s.setint(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
	}
	if err := s.setint(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1); err != nil {
		return err
	}
	for _, o := range [...]struct{ opt, v int }{
		{unix.TCP_KEEPIDLE, int(k.Idle / time.Second)},
		{unix.TCP_KEEPINTVL, int(k.Interval / time.Second)},
		{unix.TCP_KEEPCNT, k.Count},
	} {
		if o.v <= 0 {
			continue
		}
		if err := s.setint(unix.IPPROTO_TCP, o.opt, o.v); err != nil {
			return err
		}
	}
	return nil
}

// SockaddrAddrPort returns the address in a socket address of the kernel; the zero
// AddrPort if it is not of IP.
func SockaddrAddrPort(sa unix.Sockaddr) netip.AddrPort {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}

var (
	_ net.Conn     = (*socket)(nil)
	_ syscall.Conn = (*socket)(nil)
)
