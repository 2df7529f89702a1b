package listen

import (
	"errors"
	"net"
)

func (d *descriptor) udp() (*net.UDPConn, error) {
	pc, err := net.FilePacketConn(d.file) // a duplicate
	if err != nil {
		return nil, err
	}
	u, ok := pc.(*net.UDPConn)
	if !ok {
		pc.Close()
		return nil, errors.ErrUnsupported
	}
	return u, nil
}
