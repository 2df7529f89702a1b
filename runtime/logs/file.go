package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// A handle is an open log file. All generations that write to its path share
// it.
type handle struct {
	path string
	refs int                     // guarded by Set.mu
	file atomic.Pointer[os.File] // nil: not open yet, or closed
	full atomic.Int64            // the second, since 1970, in which the disk was full
	now  func() time.Time
}

func (h *handle) open() error {
	f, err := openFile(h.path)
	if err != nil {
		return err
	}
	if old := h.file.Swap(f); old != nil {
		old.Close()
	}
	return nil
}

// openFile opens a log for appending, as nginx does.
func openFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open() \"%s\" failed%w", path, errno(err))
	}
	return f, nil
}

func (h *handle) close() {
	if f := h.file.Swap(nil); f != nil {
		f.Close()
	}
}

// write writes p in one system call. For the rest of a second in which the
// disk was full, it writes nothing and reports nothing.
func (h *handle) write(p []byte) error {
	if full := h.full.Load(); full != 0 && h.now().Unix() == full {
		return nil
	}
	for {
		f := h.file.Load()
		if f == nil {
			return nil
		}
		n, err := f.Write(p)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, fs.ErrClosed) && f != h.file.Load(): // reopened meanwhile
			p = p[n:]
			continue
		case errors.Is(err, syscall.ENOSPC):
			h.full.Store(h.now().Unix())
		}
		if n > 0 {
			return fmt.Errorf("write() to \"%s\" was incomplete: %d of %d", h.path, n, len(p))
		}
		return fmt.Errorf("write() to \"%s\" failed%w", h.path, errno(err))
	}
}

// A File is a log file as one generation of the configuration writes to it.
// It is safe for concurrent use.
type File struct {
	h        *handle
	buffer   *buffer      // nil: every line is written at once
	reported atomic.Int64 // the second in which an error was last returned
}

// Path returns the name of the file.
func (f *File) Path() string { return f.h.path }

// Write appends a line of an access log, which ends with its newline. It
// returns an error at most once a minute: the caller logs it as an alert.
func (f *File) Write(line []byte) error {
	var err error
	if f.buffer != nil {
		err = f.buffer.write(line)
	} else {
		err = f.h.write(line)
	}
	if err == nil {
		return nil
	}
	now := f.h.now().Unix()
	last := f.reported.Load()
	if last != 0 && now-last <= 59 || !f.reported.CompareAndSwap(last, now) {
		return nil
	}
	return err
}

// WriteLine writes a line of an error log, which never waits in a buffer.
// Nobody could be told of an error.
func (f *File) WriteLine(_ slog.Level, _ time.Time, line []byte) {
	_ = f.h.write(line)
}

// Append opens the file at path, appends a line and closes it: an access log
// with variables in its name.
func Append(path string, line []byte) error {
	f, err := openFile(path)
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	if err != nil {
		err = fmt.Errorf("write() to \"%s\" failed%w", path, errno(err))
	}
	f.Close()
	return err
}

// errno words the cause of an error as nginx does: " (2: No such file or
// directory)".
func errno(err error) error {
	var e syscall.Errno
	if errors.As(err, &e) {
		return &cause{e}
	}
	return fmt.Errorf(" (%w)", err)
}

type cause struct{ errno syscall.Errno }

func (c *cause) Error() string {
	text := []byte(c.errno.Error())
	if len(text) > 0 && text[0] >= 'a' && text[0] <= 'z' { // libc begins with a capital letter
		text[0] -= 'a' - 'A'
	}
	return fmt.Sprintf(" (%d: %s)", int(c.errno), text)
}

func (c *cause) Unwrap() error { return c.errno }
