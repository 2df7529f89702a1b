//go:build !unix

package conn

import "syscall"

// Windows completes reads instead of announcing them, so connections are read
// through net there.
const (
	canWait     = false
	canSendfile = false
)

func readFD(fd uintptr, p []byte) (int, syscall.Errno)              { return 0, syscall.EINVAL }
func peekFD(fd uintptr) (int, syscall.Errno)                        { return 0, syscall.EINVAL }
func writeFD(fd uintptr, p []byte) (int, syscall.Errno)             { return 0, syscall.EINVAL }
func writevFD(fd uintptr, bufs [][]byte) (int, syscall.Errno)       { return 0, syscall.EINVAL }
func sendFD(fd, file uintptr, off, left int64) (int, syscall.Errno) { return 0, syscall.EINVAL }
