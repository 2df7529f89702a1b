//go:build unix && !(linux && (amd64 || arm64))

package openfile

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// search is how a folder is opened that is only gone through.
const search = unix.O_RDONLY

func openat(at int, name []byte, mode int) (int, error) {
	for {
		fd, err := unix.Openat(at, string(name), mode, 0)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}

func stat(name []byte, info *Info) error {
	var st unix.Stat_t
	if err := unix.Stat(string(name), &st); err != nil {
		return &Error{"stat()", err}
	}
	info.fill(&st)
	return nil
}
