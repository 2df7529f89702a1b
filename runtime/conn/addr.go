package conn

import (
	"net"
	"net/netip"
)

// RemoteAddr returns the peer's address; the zero AddrPort for a unix socket.
func (c *Conn) RemoteAddr() netip.AddrPort {
	c.addrs()
	return c.remote
}

// LocalAddr returns the address the peer connected to, or c was connected from;
// the zero AddrPort for a unix socket.
func (c *Conn) LocalAddr() netip.AddrPort {
	c.addrs()
	return c.local
}

// RemoteText returns the peer's address without its port, as $remote_addr:
// "192.0.2.1", "2001:db8::1", or "unix:".
func (c *Conn) RemoteText() string {
	c.addrs()
	return c.remoteText
}

// LocalText returns the local address without its port, as $server_addr.
func (c *Conn) LocalText() string {
	c.addrs()
	return c.localText
}

// SetRemoteAddr replaces the peer's address by the one it told in some other way
// (PROXY protocol, realip).
func (c *Conn) SetRemoteAddr(a netip.AddrPort) {
	c.addrs()
	c.remote, c.remoteText = a, addrText(a)
}

// IsUnix tells whether the connection came over a unix socket.
func (c *Conn) IsUnix() bool {
	if s, ok := c.nc.(interface{ isUnix() bool }); ok {
		return s.isUnix()
	}
	_, ok := c.nc.LocalAddr().(*net.UnixAddr)
	return ok
}

// addrs fills the addresses on first use: many connections are never asked.
func (c *Conn) addrs() {
	if c.remoteText != "" {
		return
	}
	var path string
	if s, ok := c.nc.(interface {
		addrPorts() (remote, local netip.AddrPort, path string)
	}); ok {
		c.remote, c.local, path = s.addrPorts()
	} else {
		c.remote, c.local = addrPort(c.nc.RemoteAddr()), addrPort(c.nc.LocalAddr())
		if u, ok := c.nc.LocalAddr().(*net.UnixAddr); ok {
			path = u.Name
		}
	}
	c.remoteText, c.localText = addrText(c.remote), addrText(c.local)+path
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}

func addrText(a netip.AddrPort) string {
	if !a.IsValid() {
		return "unix:"
	}
	return a.Addr().WithZone("").String()
}
