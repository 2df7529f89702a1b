package upstream

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// bindControl sets the options nginx sets on a socket before it binds it.
func bindControl(o DialOptions) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		ctl := c.Control(func(fd uintptr) {
			if o.Bind.Port() == 0 && !o.Datagram {
				// The port is chosen by connect, which knows the peer: ports
				// run out per peer then, not for all together.
				unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
			}
			if !o.Transparent {
				return
			}
			if o.Bind.Addr().Is4() || o.Bind.Addr().Is4In6() {
				err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TRANSPARENT, 1)
			} else {
				err = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_TRANSPARENT, 1)
			}
		})
		if ctl != nil {
			return ctl
		}
		return err
	}
}
