package dav

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
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// dirAccess lets those search a folder who may read it.
func dirAccess(access fs.FileMode) fs.FileMode { return access | access&0o444>>2 }

// A move gives a file another name, in another file system if need be.
// (ngx_ext_rename_file)
type move struct {
	from, to   string
	access     fs.FileMode // of the file; 0: as it is
	mtime      time.Time   // zero: as it is
	pathAccess fs.FileMode // of folders that are made
	createPath bool
}

// run reports whether it is done; what failed is logged.
func (m *move) run(r *httpd.Request) bool {
	if m.access != 0 {
		if err := os.Chmod(m.from, m.access); err != nil {
			r.Errorf(logs.Crit, "chmod() \"%s\" failed%s", m.from, httpd.Errno(err))
			return false
		}
	}
	if !m.mtime.IsZero() {
		if err := os.Chtimes(m.from, time.Now(), m.mtime); err != nil {
			r.Errorf(logs.Crit, "utimes() \"%s\" failed%s", m.from, httpd.Errno(err))
			return false
		}
	}
	err := os.Rename(m.from, m.to)
	if errors.Is(err, syscall.ENOENT) && m.createPath {
		if err := makePath(m.to, dirAccess(m.pathAccess)); err != nil {
			r.Errorf(logs.Crit, "mkdir() \"%s\" failed%s", m.to, httpd.Errno(err))
			return false
		}
		err = os.Rename(m.from, m.to)
	}
	if errors.Is(err, syscall.EXDEV) {
		return m.across(r)
	}
	if err != nil {
		r.Errorf(logs.Crit, "rename() \"%s\" to \"%s\" failed%s", m.from, m.to, httpd.Errno(err))
	}
	return err == nil
}

// across moves a file to another file system: it becomes visible there when it
// is complete.
func (m *move) across(r *httpd.Request) bool {
	info, err := os.Stat(m.from)
	if err != nil {
		r.Errorf(logs.Alert, "fstat() \"%s\" failed%s", m.from, httpd.Errno(err))
		return false
	}
	name := fmt.Sprintf("%s.%010d", m.to, rand.Uint32())
	if !copyFile(r, m.from, name, info) {
		return false
	}
	if err := os.Rename(name, m.to); err != nil {
		r.Errorf(logs.Crit, "rename() \"%s\" to \"%s\" failed%s", name, m.to, httpd.Errno(err))
		if err := os.Remove(name); err != nil {
			r.Errorf(logs.Crit, "unlink() \"%s\" failed%s", name, httpd.Errno(err))
		}
		return false
	}
	if err := os.Remove(m.from); err != nil {
		r.Errorf(logs.Crit, "unlink() \"%s\" failed%s", m.from, httpd.Errno(err))
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

// copyFile copies a file with its permissions and time, which info says, and
// reports whether it could; what failed is logged. (ngx_copy_file)
func copyFile(r *httpd.Request, from, to string, info os.FileInfo) bool {
	in, err := os.Open(from)
	if err != nil {
		r.Errorf(logs.Crit, "open() \"%s\" failed%s", from, httpd.Errno(err))
		return false
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		r.Errorf(logs.Crit, "open() \"%s\" failed%s", to, httpd.Errno(err))
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
			r.Errorf(logs.Alert, "read() \"%s\" failed%s", from, httpd.Errno(err))
			return false
		}
		if _, err := out.Write(p); err != nil {
			r.Errorf(logs.Alert, "write() \"%s\" failed%s", to, httpd.Errno(err))
			return false
		}
		left -= int64(n)
	}
	if err := os.Chtimes(to, time.Now(), info.ModTime().Truncate(time.Second)); err != nil {
		r.Errorf(logs.Alert, "utimes() \"%s\" failed%s", to, httpd.Errno(err))
		return false
	}
	return true
}
