package upstream

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// control sets the options of a socket before it is bound and connected.
func (o DialOptions) control(_, _ string, c syscall.RawConn) error {
	var err error
	if ctl := c.Control(func(fd uintptr) { err = o.set(int(fd)) }); ctl != nil {
		return ctl
	}
	return err
}

// set sets the options that nginx sets on a socket before it binds it. Of the sizes
// of buffers nginx does not mind either if the system does not have them.
func (o DialOptions) set(fd int) error {
	if o.RcvBuf > 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, o.RcvBuf)
	}
	if o.SndBuf > 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, o.SndBuf)
	}
	if !o.Bind.IsValid() {
		return nil
	}
	if o.Bind.Port() == 0 {
		// The port is chosen by connect, which knows the peer: ports run out per
		// peer then, not for all together.
		unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	}
	if !o.Transparent {
		return nil
	}
	if o.Bind.Addr().Is4() || o.Bind.Addr().Is4In6() {
		return unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_TRANSPARENT, 1)
	}
	return unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_TRANSPARENT, 1)
}
