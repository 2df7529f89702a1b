package filecache

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"understudy/runtime/logs"
)

// Create refers to the node of an entry that was not looked up: the cache was
// bypassed, and is renewed. It reports whether that is possible.
// (ngx_http_file_cache_create)
func (e *Entry) Create() bool {
	e.limit = e.Limit
	if e.Cache.find(e) == foundFull {
		return false
	}
	e.path = e.Cache.keys.name(e.key)
	return true
}

// Head returns what precedes the body of a file for a response with a head. It
// reports whether there is room for it. (ngx_http_file_cache_set_header)
func (e *Entry) Head(dst, head []byte) ([]byte, bool) {
	e.BodyStart = e.HeadStart + len(head)
	if e.BodyStart > MaxHead {
		return dst, false
	}
	dst = e.appendHeader(dst)
	if !e.rename() {
		return dst, false
	}
	dst = append(append(append(dst, keyIntro...), e.text...), '\n')
	return append(dst, head...), true
}

// rename goes back to the main key if the response is not the variant that was
// looked for. (ngx_http_file_cache_update_variant)
func (e *Entry) rename() bool {
	if !e.secondary || len(e.Vary) > 0 && e.variant == e.key {
		return true
	}
	k := e.Cache.keys
	k.mu.Lock()
	e.node.refs--
	e.node.settle()
	e.node = nil
	k.mu.Unlock()
	e.toMain, e.key = true, e.main
	return e.Create()
}

// Store says that a file with the response has been given the name Path, if ok.
// (ngx_http_file_cache_update)
func (e *Entry) Store(ok bool) {
	if e.done {
		return
	}
	e.done, e.updating = true, false
	var f file
	if ok {
		info, err := os.Stat(e.path)
		if err != nil {
			e.Logf(logs.Crit, "fstat() \"%s\" failed%s", e.path, e.Errno(err))
			ok = false
		} else {
			f = fileOf(info)
		}
	}
	k := e.Cache.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	n := e.node
	n.refs--
	n.status, n.inode, n.body = 0, 0, e.BodyStart
	blocks := int64(0)
	if ok {
		n.inode, n.exists, blocks = f.inode, true, k.blocks(f)
	}
	k.size += blocks - n.blocks
	n.blocks = blocks
	n.settle()
}

// Renew writes what the header of a file is to say into it: the response was
// found to be current. (ngx_http_file_cache_update_header)
func (e *Entry) Renew() {
	f, err := os.OpenFile(e.path, os.O_RDWR, 0)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			e.Logf(logs.Crit, "open() \"%s\" failed%s", e.path, e.Errno(err))
		}
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || fileOf(info).inode != e.inode || info.Size() != e.Length {
		return // it is another file by now
	}
	var p [fixed]byte
	if _, err := f.ReadAt(p[:], 0); err != nil {
		e.Logf(logs.Crit, "pread() \"%s\" failed%s", e.path, e.Errno(err))
		return
	}
	h := parseHeader(p[:])
	if h.version != version || h.modified != e.LastModified || h.sum != e.sum || h.head != e.HeadStart || h.body != e.BodyStart {
		return
	}
	if _, err := f.WriteAt(e.appendHeader(p[:0]), 0); err != nil {
		e.Logf(logs.Crit, "pwrite() \"%s\" failed%s", e.path, e.Errno(err))
	}
}

// Close ends what e has to do with its node. If Status is set, that is what is
// answered until Valid. (ngx_http_file_cache_free)
func (e *Entry) Close() {
	e.CloseFile()
	if e.done || e.node == nil {
		e.done = true
		return
	}
	k := e.Cache.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	n := e.node
	n.refs--
	if e.updating && n.locked.Equal(e.locked) {
		n.settle()
	}
	switch {
	case e.Status != 0:
		n.status = e.Status
		if e.Valid != 0 {
			n.valid = e.Valid
		}
	case !n.exists && n.refs == 0 && e.MinUses == 1 && !n.deleting:
		k.remove(n)
	}
	e.done, e.updating = true, false
}

// Closed reports whether nothing is left to do with the node.
func (e *Entry) Closed() bool { return e.done }

// CloseFile closes the file that was opened.
func (e *Entry) CloseFile() {
	e.File.Close()
	e.File = nil
	e.Buf.Free()
	e.Buf = nil
}

// CreateTemp makes a temporary file beside the one that is to be written.
func (e *Entry) CreateTemp() (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(e.path), 0o700); err != nil {
		return nil, err
	}
	for {
		name := fmt.Sprintf("%s.%010d", e.path, rand.Uint32())
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}
