//go:build !unix

package openfile

import (
	"errors"
	"io"
	"os"
)

// A handle is a file as this system has it. Links are followed: there is no way
// to open a file part by part.
type handle struct{ f *os.File }

func open(name []byte, _ Rule) (handle, error) {
	f, err := os.Open(string(name))
	if err != nil {
		return handle{}, &Error{"open()", cause(err)}
	}
	return handle{f}, nil
}

func stat(name []byte, info *Info) error {
	fi, err := os.Stat(string(name))
	if err != nil {
		return &Error{"stat()", cause(err)}
	}
	info.fill(fi)
	return nil
}

func (h handle) stat(info *Info) error {
	fi, err := h.f.Stat()
	if err != nil {
		return &Error{"fstat()", cause(err)}
	}
	info.fill(fi)
	return nil
}

func (h handle) close() error { return h.f.Close() }

func (h handle) pread(p []byte, off int64) (int, error) {
	n, err := h.f.ReadAt(p, off)
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// Fd returns the system's handle of the file.
func (f *File) Fd() uintptr { return f.handle.f.Fd() }

func (i *Info) fill(fi os.FileInfo) {
	i.Size, i.Mtime, i.Kind = fi.Size(), fi.ModTime().Unix(), Other
	i.Exec = fi.Mode()&0o100 != 0
	switch {
	case fi.Mode().IsRegular():
		i.Kind = Regular
	case fi.IsDir():
		i.Kind = Dir
	}
}

// cause is what the system said.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
