package conn

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func setCork(fd uintptr, on bool) error {
	v := 0
	if on {
		v = 1
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_CORK, v))
}

func tcpInfo(fd uintptr) (TCPInfo, error) {
	t, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return TCPInfo{}, os.NewSyscallError("getsockopt", err)
	}
	return TCPInfo{
		RTT:      time.Duration(t.Rtt) * time.Microsecond,
		RTTVar:   time.Duration(t.Rttvar) * time.Microsecond,
		SndCwnd:  t.Snd_cwnd,
		RcvSpace: t.Rcv_space,
	}, nil
}

// hungUp tells whether the peer has shut down its direction or the connection has
// failed, even with unread data before the end.
func hungUp(fd uintptr) bool {
	p := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	for {
		n, err := unix.Poll(p[:], 0)
		if err != unix.EINTR {
			return n > 0 && p[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
		}
	}
}
