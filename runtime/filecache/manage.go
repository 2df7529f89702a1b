package filecache

import (
	"encoding/hex"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"
)

// idle is how long the manager waits at most.
const idle = 10 * time.Second

// loadAfter is how long the loader waits, so that it does not slow a start down.
const loadAfter = time.Minute

// manage removes entries until stop is closed. (ngx_http_file_cache_manager)
func (c *Cache) manage(stop <-chan struct{}) {
	wait := time.Duration(0)
	for pause(wait, stop) {
		wait = c.Clean()
	}
}

// pause reports whether d has passed; otherwise stop was closed.
func pause(d time.Duration, stop <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-stop:
		return false
	default:
	}
	select {
	case <-stop:
		return false
	case <-t.C:
		return true
	}
}

// Clean removes what nobody has asked for, and what there is no room for, as far as
// one turn goes. It returns when there will be more to do.
func (c *Cache) Clean() time.Duration {
	k := c.keys
	turn := turn{pace: c.Manager, began: time.Now()}
	k.mu.Lock()
	defer k.mu.Unlock()
	wait, more := c.expire(&turn)
	if more {
		return c.Manager.Sleep
	}
	for c.full() {
		removed, busy := c.forceExpire()
		if !removed {
			if busy {
				return time.Second
			}
			return idle
		}
		if turn.over() {
			return c.Manager.Sleep
		}
	}
	return wait
}

// A turn is work that is done at once.
type turn struct {
	pace  Pace
	began time.Time
	files int
}

// over reports, behind each file, whether the turn is.
func (t *turn) over() bool {
	t.files++
	return t.files >= t.pace.Files || time.Since(t.began) >= t.pace.Threshold
}

// full reports whether there is more than there should be. k.mu is held.
func (c *Cache) full() bool {
	k := c.keys
	most := int64(math.MaxInt64)
	if c.MaxSize > 0 {
		most = c.MaxSize / k.blockSize()
	}
	if k.size >= most || len(k.nodes) >= k.watermark {
		return true
	}
	if c.MinFree == 0 {
		return false
	}
	_, free, ok := diskOf(c.Dir)
	return ok && free <= c.MinFree
}

// expire removes what is inactive. It reports whether there is more of that.
// (ngx_http_file_cache_expire)
func (c *Cache) expire(turn *turn) (wait time.Duration, more bool) {
	k := c.keys
	for {
		n := k.queue.prev
		if n == &k.queue {
			return idle, false
		}
		if left := time.Duration(n.expire-c.Now().Unix()) * time.Second; left > 0 {
			return min(left, idle), false
		}
		switch {
		case n.refs == 0:
			c.delete(n)
		case n.deleting:
			return time.Second, false
		default:
			c.touch(n) // a request takes long
		}
		if turn.over() {
			return 0, true
		}
	}
}

// forceExpire removes the entry that was used first. It reports whether it could,
// and if not whether there is one that is in use. k.mu is held.
// (ngx_http_file_cache_forced_expire)
func (c *Cache) forceExpire() (removed, busy bool) {
	const tries = 20
	k := c.keys
	for range tries {
		n := k.queue.prev
		switch {
		case n == &k.queue:
			return false, busy
		case n.refs == 0:
			c.delete(n)
			return true, false
		case n.deleting:
			return false, true
		}
		c.touch(n)
		busy = true
	}
	return false, busy
}

// delete removes a node that nobody refers to, and its file. k.mu is held, but not
// while the file is removed.
func (c *Cache) delete(n *node) {
	k := c.keys
	if n.exists {
		k.size -= n.blocks
		n.blocks, n.exists = 0, false
		n.refs++
		n.deleting = true
		k.mu.Unlock()
		os.Remove(k.name(n.key))
		k.mu.Lock()
		n.refs--
		n.deleting = false
	}
	if n.refs == 0 {
		k.remove(n)
	}
}

// load makes the files that are there known. (ngx_http_file_cache_loader)
func (c *Cache) load(stop <-chan struct{}) {
	if pause(loadAfter, stop) {
		c.Load(stop)
	}
}

// Load makes the files that are there known, unless that is done already. It gives up
// when stop is closed.
func (c *Cache) Load(stop <-chan struct{}) {
	k := c.keys
	k.mu.Lock()
	begin := k.cold && !k.loading
	k.loading = k.loading || begin
	k.mu.Unlock()
	if !begin {
		return
	}
	t := turn{pace: c.Loader, began: time.Now()}
	stopped := false
	filepath.WalkDir(c.Dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it may have gone meanwhile
		case d.IsDir() && d.Name() == "temp":
			return filepath.SkipDir
		case d.IsDir():
			return nil
		}
		c.loadFile(path, d)
		if t.over() {
			if !pause(c.Loader.Sleep, stop) {
				stopped = true
				return filepath.SkipAll
			}
			t.files, t.began = 0, time.Now()
		}
		return nil
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loading, k.cold = false, stopped
}

// loadFile makes a file known. What is no file of a cache is removed.
// (ngx_http_file_cache_add_file)
func (c *Cache) loadFile(path string, d fs.DirEntry) {
	const digits, serial = 2 * len(Key{}), 10
	if len(path) >= digits+1+serial && path[len(path)-serial-1] == '.' {
		return // a temporary file
	}
	var key Key
	if len(path) < digits {
		os.Remove(path)
		return
	}
	info, err := d.Info()
	if err != nil {
		return
	}
	if _, err := hex.Decode(key[:], []byte(path[len(path)-digits:])); err != nil || !info.Mode().IsRegular() || info.Size() < fixed {
		os.Remove(path)
		return
	}
	k := c.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.nodes[key]
	if n == nil {
		if n = k.add(key); n == nil {
			os.Remove(path)
			return
		}
		n.exists, n.blocks = true, k.blocks(fileOf(info))
		k.size += n.blocks
	}
	c.touch(n)
}
