package filecache

import (
	"io/fs"

	"golang.org/x/sys/windows"
)

// fileOf returns what the system says of a file. There is no inode in it: that a
// file was replaced meanwhile is seen by its length only.
func fileOf(info fs.FileInfo) file {
	return file{size: info.Size(), allocated: info.Size()}
}

// diskOf returns the block size of the file system of a folder and how many bytes
// of it are free. ok is false if the system does not say.
func diskOf(dir string) (block, free int64, ok bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, false
	}
	var n uint64
	if windows.GetDiskFreeSpaceEx(name, &n, nil, nil) != nil {
		return 0, 0, false
	}
	return 4096, int64(n), true // the cluster of NTFS, if nobody chose another
}
