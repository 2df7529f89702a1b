package conn

import (
	"syscall"
	"unsafe"
)

// maxIovecs is how many pieces one writev takes; more need another call.
const maxIovecs = 32

// maxSendfile is the most one sendfile may send, as nginx's sendfile_max_chunk: a
// fast peer and a file in memory must not hold the thread.
const maxSendfile = 2 << 20

// The calls below do not wait, so the scheduler need not be told of them: that
// would cost more than the switch to the kernel. recv and send rather than read
// and write spare the way through the file layer.

// readFD reads once into p. A descriptor that is not ready gives EAGAIN.
func readFD(fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd,
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// writeFD writes once from p.
func writeFD(fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, fd,
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// peekFD looks for one byte without taking it.
func peekFD(fd uintptr) (int, syscall.Errno) {
	var one [1]byte
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd,
			uintptr(unsafe.Pointer(&one)), 1, syscall.MSG_PEEK|syscall.MSG_DONTWAIT, 0, 0)
		if errno != syscall.EINTR {
			return int(n), errno
		}
	}
}

func writevFD(fd uintptr, bufs [][]byte) (int, syscall.Errno) {
	var iov [maxIovecs]syscall.Iovec
	k := 0
	for _, p := range bufs {
		if k == len(iov) {
			break
		}
		iov[k].Base = unsafe.SliceData(p)
		iov[k].SetLen(len(p))
		k++
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, fd, uintptr(unsafe.Pointer(&iov)), uintptr(k))
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

// sendFD sends from file at off; the file's own offset stays where it is, so a
// cached descriptor may serve many connections.
func sendFD(fd, file uintptr, off, left int64) (int, syscall.Errno) {
	n, err := syscall.Sendfile(int(fd), int(file), &off, int(min(left, maxSendfile)))
	if err == nil {
		return n, 0
	}
	if errno, ok := err.(syscall.Errno); ok {
		return 0, errno
	}
	return 0, syscall.EIO
}

const canSendfile = true
