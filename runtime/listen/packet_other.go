//go:build !linux

package listen

import (
	"errors"
	"net"
)

// UDP returns the socket of network "udp" for reading and writing packets. Each
// call returns a connection of its own to the same socket, to be closed by the
// caller, so that one generation can end its reads while the next reads on.
func (k *Socket) UDP() (*net.UDPConn, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil, net.ErrClosed
	}
	return k.fd.udp()
}

func (d *descriptor) udp() (*net.UDPConn, error) {
	u, ok := d.packet.(*net.UDPConn)
	if !ok {
		return nil, errors.ErrUnsupported
	}
	f, err := u.File()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pc, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return pc.(*net.UDPConn), nil
}
