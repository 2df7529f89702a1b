package listen

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Packets returns the socket of a network of datagrams as a file: it does not block,
// and its RawConn waits. Each call returns another to the same socket, to be closed by
// the caller, so that one generation can end its reads while the next reads on.
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
