package logs

import "syscall"

// write is the system call, which does not wait.
func write(fd uintptr, p []byte) (int, error) { return syscall.Write(syscall.Handle(fd), p) }
