package httpd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/logs"
)

// DirAccess lets those search a folder who may read it.
func DirAccess(access fs.FileMode) fs.FileMode { return access | access&0o444>>2 }

// A Move gives a file another name, in another file system if need be.
// (ngx_ext_rename_file)
type Move struct {
	From, To   string
	Access     fs.FileMode // of the file; 0: as it is
	Mtime      time.Time   // zero: as it is
	PathAccess fs.FileMode // of folders that are made
	CreatePath bool
}

// Run reports whether it is done; what failed is logged.
func (m *Move) Run(r *Request) bool {
	if m.Access != 0 {
		if err := os.Chmod(m.From, m.Access); err != nil {
			r.Errorf(logs.Crit, "chmod() \"%s\" failed%s", m.From, Errno(err))
			return false
		}
	}
	if !m.Mtime.IsZero() {
		if err := os.Chtimes(m.From, time.Now(), m.Mtime); err != nil {
			r.Errorf(logs.Crit, "utimes() \"%s\" failed%s", m.From, Errno(err))
			return false
		}
	}
	err := os.Rename(m.From, m.To)
	if errors.Is(err, syscall.ENOENT) && m.CreatePath {
		if err := makePath(m.To, DirAccess(m.PathAccess)); err != nil {
			r.Errorf(logs.Crit, "mkdir() \"%s\" failed%s", m.To, Errno(err))
			return false
		}
		err = os.Rename(m.From, m.To)
	}
	if errors.Is(err, syscall.EXDEV) {
		return m.Across(r)
	}
	if err != nil {
		r.Errorf(logs.Crit, "rename() \"%s\" to \"%s\" failed%s", m.From, m.To, Errno(err))
	}
	return err == nil
}

// Across moves a file to another file system: it becomes visible there when it
// is complete.
func (m *Move) Across(r *Request) bool {
	info, err := os.Stat(m.From)
	if err != nil {
		r.Errorf(logs.Alert, "fstat() \"%s\" failed%s", m.From, Errno(err))
		return false
	}
	name := fmt.Sprintf("%s.%010d", m.To, rand.Uint32())
	if !CopyFile(r, m.From, name, info) {
		return false
	}
	if err := os.Rename(name, m.To); err != nil {
		r.Errorf(logs.Crit, "rename() \"%s\" to \"%s\" failed%s", name, m.To, Errno(err))
		if err := os.Remove(name); err != nil {
			r.Errorf(logs.Crit, "unlink() \"%s\" failed%s", name, Errno(err))
		}
		return false
	}
	if err := os.Remove(m.From); err != nil {
		r.Errorf(logs.Crit, "unlink() \"%s\" failed%s", m.From, Errno(err))
		return false
	}
	return true
}

// makePath makes the folders that a file's name needs. One that may not be made
// is there already, or the next one says so. (ngx_create_full_path)
func makePath(name string, access fs.FileMode) (err error) {
	for i := 1; i < len(name); i++ {
		if name[i] != '/' {
			continue
		}
		err = os.Mkdir(name[:i], access)
		switch {
		case errors.Is(err, syscall.EEXIST):
			err = nil
		case err != nil && !errors.Is(err, syscall.EACCES):
			return err
		}
	}
	return err
}

// CopyFile copies a file with its permissions and time, which info says, and
// reports whether it could; what failed is logged. (ngx_copy_file)
func CopyFile(r *Request, from, to string, info os.FileInfo) bool {
	in, err := os.Open(from)
	if err != nil {
		r.Errorf(logs.Crit, "open() \"%s\" failed%s", from, Errno(err))
		return false
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		r.Errorf(logs.Crit, "open() \"%s\" failed%s", to, Errno(err))
		return false
	}
	defer out.Close()
	b := buf.Get(32 << 10)
	defer b.Free()
	for left := info.Size(); left > 0; {
		p := b.B[:min(left, int64(len(b.B)))]
		n, err := io.ReadFull(in, p)
		switch {
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			r.Errorf(logs.Alert, "read() has read only %d of %d from %s", n, left, from)
			return false
		case err != nil:
			r.Errorf(logs.Alert, "read() \"%s\" failed%s", from, Errno(err))
			return false
		}
		if _, err := out.Write(p); err != nil {
			r.Errorf(logs.Alert, "write() \"%s\" failed%s", to, Errno(err))
			return false
		}
		left -= int64(n)
	}
	if err := os.Chtimes(to, time.Now(), info.ModTime().Truncate(time.Second)); err != nil {
		r.Errorf(logs.Alert, "utimes() \"%s\" failed%s", to, Errno(err))
		return false
	}
	return true
}
