package listen

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"understudy/runtime/conn"
)

// inheritable returns the file a new binary is given.
func (d *descriptor) inheritable() *os.File { return d.file }

// adoptDescriptor finds out what fd listens on.
func adoptDescriptor(fd int) (Options, *descriptor, error) {
	var o Options
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return o, nil, &Error{fmt.Sprintf("getsockname() of the inherited socket #%d failed", fd), err}
	}
	switch a := sa.(type) {
	case *unix.SockaddrUnix:
		o.Network, o.Addr = "unix", "unix:"+a.Name
	case *unix.SockaddrInet4, *unix.SockaddrInet6:
		o.Network, o.Addr = "tcp", conn.SockaddrAddrPort(a).String()
	default:
		return o, nil, fmt.Errorf("the inherited socket #%d has an unsupported protocol family", fd)
	}
	typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return o, nil, &Error{"getsockopt(SO_TYPE) " + o.Addr + " failed", err}
	}
	if typ == unix.SOCK_DGRAM {
		o.Network = map[string]string{"tcp": "udp", "unix": "unixgram"}[o.Network]
	}
	o.Backlog = DefaultBacklog
	o.ReusePort = flag(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT)
	o.IPv6Only = flag(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
	o.DeferAccept = flag(fd, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT)
	proto, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	o.Multipath = err == nil && proto == unix.IPPROTO_MPTCP
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return o, nil, &Error{"ioctl(FIONBIO) of the inherited socket " + o.Addr + " failed", err}
	}
	d, err := newDescriptor(fd, &o)
	return o, d, err
}

// flag reads an option; one the socket does not have is off.
func flag(fd, level, opt int) bool {
	v, err := unix.GetsockoptInt(fd, level, opt)
	return err == nil && v != 0
}
