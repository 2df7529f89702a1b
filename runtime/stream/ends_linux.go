package stream

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ends are where a datagram comes from, and which address it was sent to, as the
// kernel says it: so that nothing is made of them for each datagram.
type ends struct {
	from  [unix.SizeofSockaddrInet6]byte // a sockaddr_in or sockaddr_in6; else zero
	local [16]byte                       // on wildcards
	path  string                         // of a client's unix socket; one that is no path begins with a zero byte
}

// The places of fields in a sockaddr_in or sockaddr_in6.
const (
	portAt  = 2
	addr4At = 4
	addr6At = 8
	scopeAt = 24
)

func (e *ends) family() uint16 { return binary.NativeEndian.Uint16(e.from[:]) }

// set is told who has sent a datagram.
func (e *ends) set(name *unix.RawSockaddrAny, size uint32) {
	b := unsafe.Slice((*byte)(unsafe.Pointer(name)), unsafe.Sizeof(*name))
	switch {
	case size <= portAt: // an unbound unix socket
	case name.Addr.Family == unix.AF_INET:
		copy(e.from[:addr4At+4], b)
	case name.Addr.Family == unix.AF_INET6:
		copy(e.from[:addr4At], b)
		copy(e.from[addr6At:], b[addr6At:unix.SizeofSockaddrInet6]) // not the flow
	default:
		p := b[portAt:min(size, uint32(len(b)))]
		if p[0] != 0 {
			p, _, _ = bytes.Cut(p, []byte{0})
		}
		e.path = string(p)
	}
}

// setLocal finds the address a datagram was sent to.
func (e *ends) setLocal(control []byte) {
	for len(control) > 0 {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			return
		}
		control = rest
		switch {
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			copy(e.local[:4], data[8:12])
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			copy(e.local[:], data[:16])
		}
	}
}

// anonymous reports whether the client is a unix socket without a path. It is nobody
// who could come again. (ngx_insert_udp_connection)
func (e *ends) anonymous() bool { return e.family() == 0 && e.unixPath() == "" }

// unixPath is the path of the client's unix socket.
func (e *ends) unixPath() string {
	if e.path != "" && e.path[0] == 0 {
		return ""
	}
	return e.path
}

// localIP is the address a datagram was sent to, on a wildcard.
func (e *ends) localIP() netip.Addr {
	if e.family() == unix.AF_INET {
		return netip.AddrFrom4([4]byte(e.local[:4]))
	}
	return netip.AddrFrom16(e.local)
}

// remote is the client's address.
func (e *ends) remote() net.Addr {
	port := binary.BigEndian.Uint16(e.from[portAt:])
	switch e.family() {
	case unix.AF_INET:
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4([4]byte(e.from[addr4At:])), port))
	case unix.AF_INET6:
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom16([16]byte(e.from[addr6At:scopeAt])), port))
	}
	return &net.UnixAddr{Name: e.unixPath(), Net: "unixgram"}
}

// name is the client's address for the kernel. A unix socket's is put into room.
func (e *ends) name(room *unix.RawSockaddrAny) (*byte, uint32) {
	switch e.family() {
	case unix.AF_INET:
		return &e.from[0], unix.SizeofSockaddrInet4
	case unix.AF_INET6:
		return &e.from[0], unix.SizeofSockaddrInet6
	}
	*room = unix.RawSockaddrAny{}
	room.Addr.Family = unix.AF_UNIX
	b := unsafe.Slice((*byte)(unsafe.Pointer(room)), unix.SizeofSockaddrUnix)
	n := portAt + uint32(copy(b[portAt:], e.path))
	switch {
	case e.path == "":
		n = unix.SizeofSockaddrInet4 // zero bytes: there is nobody, says the kernel, as it does to nginx
	case e.unixPath() != "":
		n = min(n+1, unix.SizeofSockaddrUnix) // with the zero byte that ends it
	}
	return &b[0], n
}

// control is the message that has an answer sent from the address that was asked;
// nil if that is the only one.
func (e *ends) control() []byte {
	switch {
	case e.local == [16]byte{}:
		return nil
	case e.family() == unix.AF_INET:
		return unix.PktInfo4(&unix.Inet4Pktinfo{Spec_dst: [4]byte(e.local[:4])})
	}
	return unix.PktInfo6(&unix.Inet6Pktinfo{Addr: e.local})
}
