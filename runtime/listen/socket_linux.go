package listen

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"understudy/runtime/conn"
)

const acceptCall = "accept4"

// A descriptor is an open listening socket.
type descriptor struct {
	file  *os.File
	raw   syscall.RawConn
	local conn.Local

	// the argument and result of one turn of raw.Read
	fd       int
	sa       unix.Sockaddr
	err      error
	onAccept func(fd uintptr) bool
}

// openSocket creates, binds and listens. reuse says that another socket of the set
// has the address.
func openSocket(o *Options, reuse bool, s *Set) (*descriptor, error) {
	sa, family, err := sockaddr(o)
	if err != nil {
		return nil, err
	}
	typ := unix.SOCK_STREAM
	if o.datagrams() {
		typ = unix.SOCK_DGRAM
	}
	proto := 0
	if o.Multipath {
		proto = unix.IPPROTO_MPTCP
	}
	fd, err := unix.Socket(family, typ|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
	if err != nil {
		return nil, &Error{"socket() " + o.place() + " failed", err}
	}
	if err := bind(fd, family, sa, o, reuse, s); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return newDescriptor(fd, o)
}

func bind(fd, family int, sa unix.Sockaddr, o *Options, reuse bool, s *Set) error {
	if o.Network != "udp" || !s.Test {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return &Error{"setsockopt(SO_REUSEADDR) " + o.place() + " failed", err}
		}
	}
	if (o.ReusePort || reuse) && !s.Test {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
			return &Error{"setsockopt(SO_REUSEPORT) " + o.place() + " failed", err}
		}
	}
	if family == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, boolInt(o.IPv6Only)); err != nil {
			s.Log("emerg", (&Error{"setsockopt(IPV6_V6ONLY) " + o.place() + " failed, ignored", err}).Error())
		}
	}
	if err := unix.Bind(fd, sa); err != nil {
		return &Error{"bind() to " + o.place() + " failed", err}
	}
	if p := o.path(); p != "" {
		if err := os.Chmod(p, 0o666); err != nil {
			s.Log("emerg", (&Error{fmt.Sprintf("chmod() %q failed", p), err}).Error())
		}
		if s.Test {
			s.remove(p)
		}
	}
	if o.datagrams() {
		return nil
	}
	if err := unix.Listen(fd, o.backlog()); err != nil {
		return &Error{fmt.Sprintf("listen() to %s, backlog %d failed", o.place(), o.backlog()), err}
	}
	return nil
}

// newDescriptor takes fd over.
func newDescriptor(fd int, o *Options) (*descriptor, error) {
	d := &descriptor{}
	if o.path() != "" {
		d.local.Path = strings.TrimPrefix(o.Addr, "unix:")
	} else {
		d.local.Addr, _ = netip.ParseAddrPort(o.Addr)
	}
	d.file = os.NewFile(uintptr(fd), o.Addr)
	raw, err := d.file.SyscallConn()
	if err != nil {
		d.file.Close()
		return nil, err
	}
	d.raw = raw
	d.onAccept = d.ready
	return d, nil
}

func sockaddr(o *Options) (unix.Sockaddr, int, error) {
	if o.path() != "" {
		return &unix.SockaddrUnix{Name: o.path()}, unix.AF_UNIX, nil
	}
	ap, err := netip.ParseAddrPort(o.place())
	if err != nil {
		return nil, 0, err
	}
	if ap.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: ap.Addr().As4()}, unix.AF_INET, nil
	}
	return &unix.SockaddrInet6{Port: int(ap.Port()), Addr: ap.Addr().As16()}, unix.AF_INET6, nil
}

// accept waits for a connection. It returns os.ErrDeadlineExceeded after interrupt.
func (d *descriptor) accept() (*conn.Conn, error) {
	if err := d.raw.Read(d.onAccept); err != nil {
		return nil, err
	}
	if d.err != nil {
		return nil, d.err
	}
	return conn.Adopt(d.fd, conn.SockaddrAddrPort(d.sa), &d.local)
}

func (d *descriptor) ready(fd uintptr) bool {
	for {
		d.fd, d.sa, d.err = unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if d.err != unix.EINTR {
			return d.err != unix.EAGAIN
		}
	}
}

func (d *descriptor) interrupt() { d.file.SetReadDeadline(time.Unix(1, 0)) }
func (d *descriptor) resume()    { d.file.SetReadDeadline(time.Time{}) }
func (d *descriptor) close()     { d.file.Close() }

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
