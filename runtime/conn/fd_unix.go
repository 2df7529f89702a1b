//go:build unix && !linux

package conn

import "syscall"

const canSendfile = false

func peekFD(fd uintptr) (int, syscall.Errno) {
	var one [1]byte
	for {
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK)
		if err == nil {
			return n, 0
		}
		if errno, ok := err.(syscall.Errno); ok && errno != syscall.EINTR {
			return 0, errno
		}
	}
}

// writevFD writes the first piece only.
func writevFD(fd uintptr, bufs [][]byte) (int, syscall.Errno) { return writeFD(fd, bufs[0]) }

func sendFD(fd, file uintptr, off, left int64) (int, syscall.Errno) { return 0, syscall.ENOSYS }
