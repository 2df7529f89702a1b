//go:build unix

package filecache

import (
	"io/fs"
	"syscall"
)

// fileOf returns what the system says of a file.
func fileOf(info fs.FileInfo) file {
	st := info.Sys().(*syscall.Stat_t)
	return file{inode: uint64(st.Ino), size: st.Size, allocated: st.Blocks * 512, chunk: int64(st.Blksize)}
}

// diskOf returns the block size of the file system of a folder and how many bytes
// of it are free. ok is false if the system does not say.
func diskOf(dir string) (block, free int64, ok bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil || s.Bsize <= 0 {
		return 0, 0, false
	}
	block = int64(s.Bsize)
	return block, int64(s.Bavail) * block, true
}
