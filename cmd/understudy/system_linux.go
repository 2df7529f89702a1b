package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// eventMethod is what waits for sockets.
const eventMethod = "epoll"

// systemStatus returns what nginx logs about the system when it starts.
func systemStatus() []string {
	var lines []string
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		lines = append(lines, fmt.Sprintf("OS: %s %s", unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Release[:])))
	}
	var r unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &r) == nil {
		lines = append(lines, fmt.Sprintf("getrlimit(RLIMIT_NOFILE): %d:%d", r.Cur, r.Max))
	}
	return lines
}
