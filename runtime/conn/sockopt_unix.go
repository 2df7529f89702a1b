//go:build unix && !linux

package conn

import (
	"errors"

	"golang.org/x/sys/unix"
)

func setCork(fd uintptr, on bool) error { return nil }

func tcpInfo(fd uintptr) (TCPInfo, error) { return TCPInfo{}, errors.ErrUnsupported }

// hungUp sees an end only when no data is before it.
func hungUp(fd uintptr) bool {
	n, errno := peekFD(fd)
	return n == 0 && errno != unix.EAGAIN
}
