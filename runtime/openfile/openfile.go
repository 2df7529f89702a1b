// Package openfile opens files for reading and says what they are, without
// allocating where the system allows that. It follows symbolic links only as
// far as it is told to. It knows file names, not URIs.
package openfile

import (
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall"
)

// A File is open for reading. It is not for use after Close.
type File struct {
	handle handle
	name   []byte

	// Of one from a Cache.
	entry   *entry
	cache   *cache
	minUses int
}

// files are those that were closed, for use again.
var files = sync.Pool{New: func() any { return new(File) }}

// A Kind is what a name stands for.
type Kind uint8

const (
	Other   Kind = iota // a device, a socket …
	Regular             // a file
	Dir                 // a folder
)

// An Info is what is known of a file.
type Info struct {
	Size  int64 // in bytes
	Mtime int64 // in seconds since the epoch
	Kind  Kind
	Exec  bool   // its owner may execute it
	ID    uint64 // tells it from other files of its file system; 0: unknown
}

// Links are the symbolic links that may be followed.
type Links uint8

const (
	AnyLinks   Links = iota // all
	OwnedLinks              // those that belong to whom they point to
	NoLinks                 // none
)

// A Rule says which links on the way to a file may be followed.
type Rule struct {
	Links Links
	From  int // the first bytes of the name in which any link may be; 0: none
}

// An Error says which system call failed, and why.
type Error struct {
	Call string // as nginx writes it: "open()"
	Err  error
}

func (e *Error) Error() string { return e.Call + ": " + e.Err.Error() }

// Unwrap returns the system's error.
func (e *Error) Unwrap() error { return e.Err }

// Missing reports whether there is no such file: ENOENT, ENOTDIR and
// ENAMETOOLONG, which nginx answers with 404.
func (e *Error) Missing() bool {
	return errors.Is(e.Err, fs.ErrNotExist) || e.is(syscall.ENOTDIR, syscall.ENAMETOOLONG)
}

// Forbidden reports whether access was denied: EACCES.
func (e *Error) Forbidden() bool { return e.is(syscall.EACCES) }

// Linked reports whether a link was in the way that must not be followed.
func (e *Error) Linked() bool { return e.is(syscall.ELOOP, syscall.EMLINK) }

// NotExist reports whether the file, but not what it would be in, is missing:
// ENOENT.
func (e *Error) NotExist() bool { return errors.Is(e.Err, fs.ErrNotExist) }

func (e *Error) is(codes ...syscall.Errno) bool {
	var errno syscall.Errno
	if !errors.As(e.Err, &errno) {
		return false
	}
	for _, c := range codes {
		if errno == c {
			return true
		}
	}
	return false
}

// Open opens a file for reading. It does not wait for the other end of a pipe.
// Of a folder it returns only the Info, and no File. The name is kept until
// Close. Errors are of type *Error.
func Open(name []byte, rule Rule) (*File, Info, error) {
	h, err := open(name, rule)
	if err != nil {
		return nil, Info{}, err
	}
	var info Info
	if err := h.stat(&info); err != nil {
		h.close()
		return nil, info, err
	}
	if info.Kind == Dir {
		h.close()
		return nil, info, nil
	}
	f := files.Get().(*File)
	f.handle, f.name = h, name
	return f, info, nil
}

// Stat says what a name stands for. Errors are of type *Error.
func Stat(name []byte, rule Rule) (Info, error) {
	var info Info
	if rule.Links == AnyLinks {
		return info, stat(name, &info)
	}
	h, err := open(name, rule)
	if err != nil {
		return info, err
	}
	defer h.close()
	return info, h.stat(&info)
}

// Name returns the name that the file was opened with.
func (f *File) Name() string { return string(f.name) }

// Close closes the file.
func (f *File) Close() error {
	var err error
	if f.entry != nil {
		f.cache.release(f.entry, f.minUses)
	} else {
		err = f.handle.close()
	}
	*f = File{}
	files.Put(f)
	return err
}

// ReadAt implements io.ReaderAt.
func (f *File) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		if m, err = f.handle.pread(p[n:], off+int64(n)); m == 0 && err == nil {
			err = io.EOF
		}
		n += max(m, 0)
	}
	return n, err
}
