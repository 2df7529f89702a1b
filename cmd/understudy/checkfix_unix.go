//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// giveTo gives a file the owner and the group that another has.
func giveTo(file *os.File, like fs.FileInfo) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	is, ok := info.Sys().(*syscall.Stat_t)
	be, also := like.Sys().(*syscall.Stat_t)
	if !ok || !also || is.Uid == be.Uid && is.Gid == be.Gid {
		return nil
	}
	return file.Chown(int(be.Uid), int(be.Gid))
}
