//go:build unix

package certs

import (
	"os"
	"syscall"
)

// inode is the number of a file in its file system.
func inode(fi os.FileInfo) uint64 {
	if s, ok := fi.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Ino)
	}
	return 0
}
