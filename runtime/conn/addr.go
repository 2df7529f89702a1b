package conn

import (
	"net"
	"net/netip"
)

// addrs are the addresses of a connection, and their texts.
type addrs struct {
	remote, local         netip.AddrPort
	remoteText, localText string
	proxy                 *ProxyHeader // nil: none was read
	passes                int
}

// RemoteAddr returns the peer's address; the zero AddrPort for a unix socket.
func (c *Conn) RemoteAddr() netip.AddrPort { return c.ends().remote }

// LocalAddr returns the address the peer connected to, or c was connected from;
// the zero AddrPort for a unix socket.
func (c *Conn) LocalAddr() netip.AddrPort { return c.ends().local }

// RemoteText returns the peer's address without its port, as $remote_addr:
// "192.0.2.1", "2001:db8::1", or "unix:". A transport with a method RemotePath adds
// the name of the peer's unix socket to that.
func (c *Conn) RemoteText() string { return c.ends().remoteText }

// LocalText returns the local address without its port, as $server_addr.
func (c *Conn) LocalText() string { return c.ends().localText }

// SetRemoteAddr replaces the peer's address by the one it told in some other way
// (PROXY protocol, realip).
func (c *Conn) SetRemoteAddr(a netip.AddrPort) {
	e := c.ends()
	e.remote, e.remoteText = a, addrText(a)
}

// SetLocalAddr replaces the local address by that of the socket which c is given to
// after another has accepted it (pass).
func (c *Conn) SetLocalAddr(a netip.AddrPort) {
	e := c.ends()
	e.local, e.localText = a, addrText(a)
}

// Pass counts how often c was given from one listening socket to another, this time
// included.
func (c *Conn) Pass() int {
	e := c.ends()
	e.passes++
	return e.passes
}

// IsUnix tells whether the connection came over a unix socket.
func (c *Conn) IsUnix() bool {
	if s, ok := c.nc.(interface{ isUnix() bool }); ok {
		return s.isUnix()
	}
	_, ok := c.nc.LocalAddr().(*net.UnixAddr)
	return ok
}

// ends returns the addresses, found out on first use: many connections are never
// asked.
func (c *Conn) ends() *addrs {
	if c.addrs != nil {
		return c.addrs
	}
	e := &addrs{}
	var path string
	if s, ok := c.nc.(interface {
		addrPorts() (remote, local netip.AddrPort, path string)
	}); ok {
		e.remote, e.local, path = s.addrPorts()
	} else {
		e.remote, e.local = addrPort(c.nc.RemoteAddr()), addrPort(c.nc.LocalAddr())
		if u, ok := c.nc.LocalAddr().(*net.UnixAddr); ok {
			path = u.Name
		}
	}
	e.remoteText, e.localText = addrText(e.remote), addrText(e.local)+path
	if u, ok := c.nc.(interface{ RemotePath() string }); ok {
		e.remoteText += u.RemotePath()
	}
	c.addrs = e
	return e
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

func addrText(a netip.AddrPort) string {
	if !a.IsValid() {
		return "unix:"
	}
	return a.Addr().WithZone("").String()
}
