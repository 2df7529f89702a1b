//go:build linux && (amd64 || arm64)

package openfile

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// search is how a folder is opened that is only gone through.
const search = unix.O_PATH

// nameRoom is how long a name may be to be passed on without an allocation.
const nameRoom = 256

func openat(at int, name []byte, mode int) (int, error) {
	var room [nameRoom]byte
	p := append(append(room[:0], name...), 0)
	for {
		fd, _, errno := syscall.Syscall6(syscall.SYS_OPENAT, uintptr(at), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(mode), 0, 0, 0)
		if errno == 0 {
			return int(fd), nil
		}
		if errno != syscall.EINTR {
			return 0, errno
		}
	}
}

func stat(name []byte, info *Info) error {
	var room [nameRoom]byte
	var st unix.Stat_t
	p := append(append(room[:0], name...), 0)
	at := unix.AT_FDCWD
	if _, _, errno := syscall.Syscall6(unix.SYS_NEWFSTATAT, uintptr(at), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(unsafe.Pointer(&st)), 0, 0, 0); errno != 0 {
		return &Error{"stat()", errno}
	}
	info.fill(&st)
	return nil
}
