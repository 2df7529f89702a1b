package listen

import (
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Packets returns the socket of a network of datagrams as UDP does, as a file: it
// does not block, and its RawConn waits.
func (k *Socket) Packets() (*os.File, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil, net.ErrClosed
	}
	fd, err := unix.FcntlInt(k.fd.file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), k.Addr), nil
}

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
