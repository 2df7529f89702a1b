package filecache

import (
	"crypto/md5"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"

	"understudy/runtime/buf"
	fields "understudy/runtime/header"
	"understudy/runtime/logs"
)

// An Entry is what one request knows of what is cached for it. It is for one
// goroutine; what is shared is in the node. (ngx_http_cache_t)
type Entry struct {
	Cache   *Cache
	Fields  *fields.Block // of the request
	Logf    func(level slog.Level, format string, args ...any)
	Errno   func(error) string // an error as logs have it
	MinUses int
	Limit   int // bytes of a file that may precede the body

	Lock        bool // one request asks the upstream, others wait
	LockTimeout time.Duration
	LockAge     time.Duration

	// What the file says, or is to say. Times are Unix times.
	Valid         int64
	StaleUpdating int64 // seconds after Valid
	StaleError    int64 // likewise
	LastModified  int64 // -1: not known
	Date          int64
	ETag, Vary    []byte
	HeadStart     int
	BodyStart     int

	Status      int // of an error that is answered instead of a file
	File        *os.File
	Buf         *buf.Buffer // has the first part of the file; who takes it sets it to nil
	Length      int64       // of the file
	MayUpdating bool        // a stale response may be used while it is renewed, or on errors:
	MayError    bool
	Background  bool // the request does not renew it itself

	text      []byte
	sum       uint32
	key, main Key
	variant   Key
	node      *node
	path      string
	inode     uint64
	limit     int
	exists    bool
	toMain    bool // the response is no variant any more
	secondary bool // key is that of a variant
	updating  bool // e is what its node is being updated by
	locked    time.Time
	done      bool
	waits     time.Time // the end of LockTimeout; zero: it has not begun
}

// A Result is what Open found.
type Result int8

const (
	Missing  Result = iota // the upstream has to be asked, and the answer kept
	Scarce                 // it is not kept
	Fresh                  // File and Buf
	Stale                  // likewise; the request is to renew it
	Updating               // likewise; another one does
	Answer                 // Status
	Failed
)

// SetKey sets the text of the key.
func (e *Entry) SetKey(text []byte) {
	e.text, e.sum = text, checksum(text)
	e.key = md5.Sum(text)
	e.main = e.key
	e.HeadStart = headStart(len(text))
}

// Path returns the name of the file.
func (e *Entry) Path() string { return e.path }

// Open looks for a response. It may wait for another request that asks for it.
// (ngx_http_file_cache_open)
func (e *Entry) Open() Result {
	for {
		switch r := e.open(); r {
		case again:
		default:
			return r
		}
	}
}

// again is the Result of what is to be tried once more.
const again Result = -1

func (e *Entry) open() Result {
	e.limit = e.Limit
	f := e.Cache.find(e)
	look, r := false, Missing
	switch f {
	case foundFull:
		e.Logf(logs.Alert, "could not allocate node in cache keys zone \"%s\"", e.Cache.Zone)
		return Failed
	case foundScarce:
		return Scarce
	case foundSome:
		if e.Status != 0 {
			return Answer
		}
		look = e.exists
	default:
		look = e.Cache.isCold()
		if e.MinUses > 1 {
			if !look {
				return Scarce
			}
			r = Scarce
		}
	}
	e.path = e.Cache.keys.name(e.key)
	if look {
		file, err := os.Open(e.path)
		switch {
		case err == nil:
			return e.read(file)
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		default:
			e.Logf(logs.Crit, "open() \"%s\" failed%s", e.path, e.Errno(err))
			return Failed
		}
	}
	if r == Missing {
		return e.lock()
	}
	return r
}

func (c *Cache) isCold() bool {
	c.keys.mu.Lock()
	defer c.keys.mu.Unlock()
	return c.keys.cold
}

// read reads what precedes the body. (ngx_http_file_cache_read)
func (e *Entry) read(f *os.File) Result {
	info, err := f.Stat()
	if err != nil {
		f.Close()
		e.Logf(logs.Crit, "fstat() \"%s\" failed%s", e.path, e.Errno(err))
		return Failed
	}
	found := fileOf(info)
	e.inode, e.Length = found.inode, found.size
	e.Buf.Free()
	e.Buf = buf.Get(max(e.limit, e.HeadStart))
	n, err := f.ReadAt(e.Buf.B[:max(e.limit, e.HeadStart)], 0)
	if n == 0 && err != nil && info.Size() > 0 {
		f.Close()
		e.Logf(logs.Crit, "pread() \"%s\" failed%s", e.path, e.Errno(err))
		return Failed
	}
	p := e.Buf.B[:n]
	r, why := e.check(p)
	if r != Fresh {
		f.Close()
		if why != "" {
			level := logs.Crit
			if why == mismatch {
				level = logs.Info
			}
			e.Logf(level, "cache file \"%s\" %s", e.path, why)
		}
		return r
	}
	e.File.Close()
	e.File = f
	e.Buf.R, e.Buf.W = e.HeadStart, min(n, e.BodyStart)
	return e.fresh(found)
}

const mismatch = "version mismatch"

// check looks at the start of a file, and takes what it says over. It returns
// Fresh if the file is what was looked for.
func (e *Entry) check(p []byte) (r Result, why string) {
	if len(p) < e.HeadStart {
		return Missing, "is too small"
	}
	h := parseHeader(p)
	switch {
	case h.version != version:
		return Missing, mismatch
	case h.sum != e.sum, h.head != e.HeadStart,
		string(p[fixed+len(keyIntro):][:len(e.text)]) != string(e.text):
		return Missing, "has md5 collision"
	case h.body > max(e.limit, e.HeadStart), h.body < h.head:
		return Missing, "has too long header"
	case h.varyLen > maxVary:
		return Missing, "has incorrect vary length"
	}
	if h.varyLen > 0 {
		if e.variant = e.variantOf(h.vary); e.variant != h.variant {
			return e.reopen()
		}
	}
	e.Valid, e.StaleUpdating, e.StaleError = h.valid, h.updating, h.error
	e.LastModified, e.Date, e.BodyStart = h.modified, h.date, h.body
	e.ETag = append(e.ETag[:0:0], h.etag...)
	return Fresh, ""
}

// reopen goes on with the key of the variant that the request wants.
// (ngx_http_file_cache_reopen)
func (e *Entry) reopen() (r Result, why string) {
	if e.secondary {
		return Missing, "has incorrect vary hash"
	}
	e.unref()
	e.secondary = true
	e.key = e.variant
	return again, ""
}

// unref lets go of the node.
func (e *Entry) unref() {
	k := e.Cache.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	e.node.refs--
	e.node = nil
}

// fresh says how fresh the file is, and what becomes of it if it is not.
func (e *Entry) fresh(f file) Result {
	k := e.Cache.keys
	now := e.Cache.Now().Unix()
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := e.node; k.cold && !n.exists {
		n.uses, n.body, n.exists, n.inode, n.blocks = 1, e.BodyStart, true, e.inode, k.blocks(f)
		k.size += n.blocks
	}
	if e.Valid >= now {
		return Fresh
	}
	e.MayUpdating, e.MayError = e.Valid+e.StaleUpdating >= now, e.Valid+e.StaleError >= now
	if e.node.updating {
		return Updating
	}
	e.node.updating, e.updating = true, true
	e.locked = e.node.locked
	return Stale
}

// lock makes e what asks the upstream, or waits until that is done.
// (ngx_http_file_cache_lock)
func (e *Entry) lock() Result {
	if !e.Lock {
		return Missing
	}
	k := e.Cache.keys
	now := e.Cache.Now()
	k.mu.Lock()
	n := e.node
	if !n.updating || !now.Before(n.locked) {
		n.updating, e.updating = true, true
		n.locked = now.Add(e.LockAge)
		e.locked = n.locked
		k.mu.Unlock()
		return Missing
	}
	if n.settled == nil {
		n.settled = make(chan struct{})
	}
	settled, until := n.settled, n.locked
	k.mu.Unlock()
	if e.LockTimeout == 0 {
		return Scarce
	}
	if e.waits.IsZero() {
		e.waits = now.Add(e.LockTimeout)
	}
	timeout := e.waits.Sub(now)
	if timeout <= 0 {
		e.Logf(logs.Info, "cache lock timeout")
		e.LockTimeout = 0
		return again
	}
	t := time.NewTimer(min(timeout, until.Sub(now)))
	defer t.Stop()
	select {
	case <-settled:
	case <-t.C:
	}
	return again
}
