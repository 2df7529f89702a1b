package parser

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxPipe bounds what is read from a pipe, in bytes.
const maxPipe = 64 << 20

// A shortRead is the error of a file that holds less than its size.
type shortRead struct {
	got  int
	want int64
}

func (e shortRead) Error() string {
	return fmt.Sprintf("pread() returned only %d bytes instead of %d", e.got, e.want)
}

// ReadFile reads a file of a configuration from the disk. Like nginx it reads
// as many bytes as the file's size says, which is none for a device. Unlike
// nginx, to which a pipe is an empty file, it reads pipes to their end.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	switch {
	case info.Mode()&fs.ModeNamedPipe != 0:
		b, err := io.ReadAll(io.LimitReader(f, maxPipe+1))
		if err == nil && len(b) > maxPipe {
			err = &fs.PathError{Op: "read", Path: name, Err: syscall.EFBIG}
		}
		return b, err
	case info.IsDir():
		if info.Size() == 0 {
			return nil, nil
		}
		return nil, &fs.PathError{Op: "read", Path: name, Err: syscall.EISDIR}
	}
	b := make([]byte, info.Size())
	n, err := io.ReadFull(f, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, shortRead{n, info.Size()}
	}
	return b, err
}
