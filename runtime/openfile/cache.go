package openfile

import (
	"runtime"
	"sync"
	"time"
)

// A Cache remembers open files, what they are, and names that could not be
// opened. It is one of open_file_cache. What it says may be as old as its users
// allow: a file that was replaced is sent as it was.
//
// https://nginx.org/en/docs/http/ngx_http_core_module.html#open_file_cache
type Cache struct{ *cache }

// A cache is what Files refer to, so that a Cache of which nobody knows any more
// can close what it holds.
type cache struct {
	max      int
	inactive int64        // seconds after which what is not used is forgotten
	now      func() int64 // seconds

	mu      sync.Mutex // guards the following and what is in the entries
	entries map[string]*entry
	recent  entry // the ring of entries; the next was used last
	closed  bool
}

// An entry is what is remembered of one name.
type entry struct {
	name       string
	rule       Rule
	err        *Error // why it could not be opened; nil: it could
	info       Info
	handle     handle
	open       bool  // there is a handle
	made, used int64 // when it was looked at, and asked for
	uses       int   // how often it was asked for
	count      int   // of Files that share the handle
	dropped    bool  // not in the cache any more: the last File closes the handle

	next, prev *entry
}

// NewCache returns a cache of at most max names. Those that nobody asks for
// during inactive are forgotten. now tells the time in seconds; nil: the
// system's.
func NewCache(max int, inactive time.Duration, now func() int64) *Cache {
	if now == nil {
		now = func() int64 { return time.Now().Unix() }
	}
	c := &cache{max: max, inactive: int64(inactive / time.Second), now: now, entries: map[string]*entry{}}
	c.recent.next, c.recent.prev = &c.recent, &c.recent
	outer := &Cache{c}
	runtime.AddCleanup(outer, (*cache).close, c)
	return outer
}

// A Use is how a location uses a cache.
type Use struct {
	Cache   *Cache
	Valid   time.Duration // what is remembered is looked at again after this
	MinUses int           // a file stays open if it was asked for as often
	Errors  bool          // what could not be opened is remembered too
}

// Open is as the function Open.
func (u *Use) Open(name []byte, rule Rule) (*File, Info, error) {
	c := u.Cache.cache
	now := c.now()
	c.mu.Lock()
	e := c.entries[string(name)]
	if e != nil {
		e.uses++
		fresh := now-e.made < int64(u.Valid/time.Second) && e.rule == rule
		if fresh && (e.err != nil || e.open || e.info.Kind == Dir) {
			defer c.mu.Unlock()
			return c.found(e, u, name, now)
		}
	}
	c.mu.Unlock()
	info, h, open, err := look(name, rule) // others need not wait for the disk
	c.mu.Lock()
	defer c.mu.Unlock()
	if e = c.entries[string(name)]; err != nil && !u.Errors {
		if e != nil {
			c.drop(e)
		}
		return nil, info, err
	}
	if e != nil && e.open {
		switch {
		case open && info.ID == e.info.ID && info.ID != 0:
			h.close() // still the same file
			h = e.handle
		case e.count == 0:
			e.handle.close()
		default:
			c.drop(e)
			e = nil
		}
	}
	if e == nil {
		e = c.add(string(name))
	}
	e.rule, e.err, e.info, e.handle, e.open, e.made = rule, err, info, h, open, now
	return c.found(e, u, name, now)
}

// Stat is as the function Stat, but a file that is not open yet is opened.
func (u *Use) Stat(name []byte, rule Rule) (Info, error) {
	f, info, err := u.Open(name, rule)
	if f != nil {
		f.Close()
	}
	return info, err
}

// look opens a file that is no folder, and says what it is.
func look(name []byte, rule Rule) (info Info, h handle, ok bool, failed *Error) {
	h, err := open(name, rule)
	if err == nil {
		if err = h.stat(&info); err != nil || info.Kind == Dir {
			h.close()
		}
	}
	if err != nil {
		return Info{}, h, false, err.(*Error)
	}
	if info.Kind == Dir {
		return info, h, false, nil
	}
	return info, h, true, nil
}

// found answers with what is remembered.
func (c *cache) found(e *entry, u *Use, name []byte, now int64) (*File, Info, error) {
	e.touch(c, now)
	switch {
	case e.err != nil:
		return nil, Info{}, e.err
	case !e.open:
		return nil, e.info, nil
	}
	e.count++
	f := files.Get().(*File)
	f.handle, f.name, f.entry, f.cache, f.minUses = e.handle, name, e, c, u.MinUses
	return f, e.info, nil
}

// touch makes e the one that was used last.
func (e *entry) touch(c *cache, now int64) {
	e.used = now
	if e.next != nil {
		e.prev.next, e.next.prev = e.next, e.prev
	}
	e.prev, e.next = &c.recent, c.recent.next
	e.prev.next, e.next.prev = e, e
}

// add makes room for a name, if need be at the cost of the one that was not used
// for the longest time.
func (c *cache) add(name string) *entry {
	if len(c.entries) >= c.max {
		c.expire(true)
	}
	e := &entry{name: name, uses: 1}
	c.entries[name] = e
	return e
}

// expire forgets up to three names that are not in use any more; of the first
// it does not matter if force is set.
func (c *cache) expire(force bool) {
	now := c.now()
	for n := range 3 {
		e := c.recent.prev
		if e == &c.recent || !(force && n == 0) && now-e.used <= c.inactive {
			return
		}
		c.drop(e)
	}
}

// drop forgets a name. Who has the file open keeps it.
func (c *cache) drop(e *entry) {
	delete(c.entries, e.name)
	if e.next != nil {
		e.prev.next, e.next.prev = e.next, e.prev
		e.next, e.prev = nil, nil
	}
	e.dropped = true
	e.closeUnused()
}

// closeUnused closes the file if nobody has it.
func (e *entry) closeUnused() {
	if e.count == 0 && e.open {
		e.handle.close()
		e.open = false
	}
}

// release is Close of a File that shares its handle.
func (c *cache) release(e *entry, minUses int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.count--
	switch {
	case e.dropped || c.closed:
		e.closeUnused()
	default:
		e.touch(c, c.now())
		if e.uses < minUses {
			e.closeUnused()
		}
	}
	c.expire(false)
}

// close closes all files; those that somebody has follow with their last File.
func (c *cache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, e := range c.entries {
		c.drop(e)
	}
}
