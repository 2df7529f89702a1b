//go:build unix

package openfile

import (
	"bytes"
	"syscall"

	"golang.org/x/sys/unix"
)

// A handle is a file descriptor.
type handle int

func (h handle) stat(info *Info) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(h), &st); err != nil {
		return &Error{"fstat()", err}
	}
	info.fill(&st)
	return nil
}

func (h handle) close() error { return syscall.Close(int(h)) }

func (h handle) pread(p []byte, off int64) (int, error) {
	for {
		n, err := syscall.Pread(int(h), p, off)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// Fd returns the file descriptor.
func (f *File) Fd() uintptr { return uintptr(f.handle) }

func (i *Info) fill(st *unix.Stat_t) {
	i.Size, i.Mtime, i.Kind = st.Size, int64(st.Mtim.Sec), Other
	i.ID = st.Ino
	i.Exec = st.Mode&unix.S_IXUSR != 0
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		i.Kind = Regular
	case unix.S_IFDIR:
		i.Kind = Dir
	}
}

const (
	reading  = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC
	onTheWay = search | unix.O_DIRECTORY | unix.O_NONBLOCK | unix.O_CLOEXEC
)

var slash, dot = []byte("/"), []byte(".")

// open opens a file, part by part if there is a rule about links, as
// ngx_open_file_wrapper does.
func open(name []byte, rule Rule) (handle, error) {
	if rule.Links == AnyLinks {
		fd, err := openat(unix.AT_FDCWD, name, reading)
		if err != nil {
			return 0, &Error{"open()", err}
		}
		return handle(fd), nil
	}
	at, err := unix.AT_FDCWD, error(nil)
	rest := name
	switch {
	case rule.From > 0:
		if at, err = openat(at, name[:rule.From], onTheWay); err != nil {
			return 0, &Error{"open()", err}
		}
		rest = name[rule.From+1:]
	case len(name) > 0 && name[0] == '/':
		if at, err = openat(at, slash, onTheWay); err != nil {
			return 0, &Error{"openat()", err}
		}
		rest = name[1:]
	}
	fd, err := walk(at, rest, rule.Links)
	if err != nil {
		return 0, &Error{"openat()", err}
	}
	return handle(fd), nil
}

// walk opens a file below a folder, which it closes.
func walk(at int, name []byte, links Links) (fd int, err error) {
	leave := func() {
		if at != unix.AT_FDCWD {
			syscall.Close(at)
		}
	}
	for {
		i := bytes.IndexByte(name, '/')
		if i < 0 {
			break
		}
		if i > 0 {
			fd, err = enter(at, name[:i], onTheWay, links)
			leave()
			if err != nil {
				return 0, err
			}
			at = fd
		}
		name = name[i+1:]
	}
	defer leave()
	if len(name) == 0 {
		return openat(at, dot, reading)
	}
	return enter(at, name, reading, links)
}

// enter opens one part of a name. Whether a link belongs to the owner of what
// it points to is asked afterwards, so that nobody can change it in between.
func enter(at int, part []byte, mode int, links Links) (int, error) {
	if links == NoLinks {
		return openat(at, part, mode|unix.O_NOFOLLOW)
	}
	fd, err := openat(at, part, mode)
	if err != nil {
		return 0, err
	}
	var link unix.Stat_t
	var file unix.Stat_t
	if err = unix.Fstatat(at, string(part), &link, unix.AT_SYMLINK_NOFOLLOW); err == nil {
		err = unix.Fstat(fd, &file)
	}
	if err == nil && link.Uid != file.Uid {
		err = syscall.ELOOP
	}
	if err != nil {
		syscall.Close(fd)
		return 0, err
	}
	return fd, nil
}
