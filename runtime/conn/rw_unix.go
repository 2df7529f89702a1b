//go:build unix && !linux

package conn

import "syscall"

// readFD reads once into p. A descriptor that is not ready gives EAGAIN.
func readFD(fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, err := syscall.Read(int(fd), p)
		if err == nil {
			return n, 0
		}
		if errno, ok := err.(syscall.Errno); ok && errno != syscall.EINTR {
			return 0, errno
		}
	}
}

// writeFD writes once from p.
func writeFD(fd uintptr, p []byte) (int, syscall.Errno) {
	n, err := syscall.Write(int(fd), p)
	if err == nil {
		return n, 0
	}
	if errno, ok := err.(syscall.Errno); ok {
		return 0, errno
	}
	return 0, syscall.EIO
}
