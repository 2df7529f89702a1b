// Package filecache keeps responses of upstreams as files: which there are, when
// they may be used and who is renewing them. It knows the format of the files,
// which is nginx's (version 5), so that both can use one folder in turn; what is
// said in a response about caching, and to clients, is the gateway's business.
//
// https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_path
package filecache

import (
	"math"
	"path/filepath"
	"sync"
	"time"
)

// Settings are what a …_cache_path directive says.
type Settings struct {
	Dir         string
	Levels      []int // digits of each level of subfolders
	Zone        string
	UseTempPath bool          // files are begun in the folder for temporary files
	Inactive    time.Duration // an entry nobody asks for is removed after it
	MaxSize     int64         // bytes; 0: no limit
	MinFree     int64         // bytes of the file system
	Loader      Pace
	Manager     Pace
}

// A Pace is how much is done at once, and how long the pause is then.
type Pace struct {
	Files     int
	Sleep     time.Duration
	Threshold time.Duration // of one turn
}

// A Cache is the entries of a zone as one configuration uses them.
type Cache struct {
	Settings
	Now  func() time.Time
	keys *Keys
}

// Keys are the entries of a zone. They outlive a configuration.
type Keys struct {
	dir    string
	levels []int
	most   int // nodes

	mu        sync.Mutex // guards what follows, and the nodes
	nodes     map[Key]*node
	queue     node  // its next is the node that was used last, its prev the one first
	size      int64 // of the files, in blocks
	block     int64 // bytes in a block of the file system; 0: not asked yet
	watermark int   // nodes at which some are removed, since there was no room
	cold      bool  // the folder has not been read yet
	loading   bool
}

// NewKeys returns the keys of a zone of size bytes for the files of a folder. As in
// nginx, a megabyte has room for 8 thousand.
func NewKeys(dir string, levels []int, size int64) *Keys {
	const page, perPage, taken = 4096 + 24, 32, 2 // nginx takes 128 bytes for each
	k := &Keys{
		dir: dir, levels: levels, most: max(int((size/page-taken)*perPage), 1), nodes: map[Key]*node{},
		watermark: math.MaxInt, cold: true,
	}
	k.queue.prev, k.queue.next = &k.queue, &k.queue
	return k
}

// Dir returns the folder, and Levels how long the names of its subfolders are.
func (k *Keys) Dir() string { return k.dir }

// Levels returns how many digits each level of subfolders has.
func (k *Keys) Levels() []int { return k.levels }

// New returns a cache of the entries in k.
func New(k *Keys, s Settings) *Cache { return &Cache{Settings: s, Now: time.Now, keys: k} }

// blockSize returns how many bytes a block has. k.mu is held.
func (k *Keys) blockSize() int64 {
	if k.block == 0 {
		k.block = 512
		if n, _, ok := diskOf(k.dir); ok {
			k.block = n
		}
	}
	return k.block
}

// A file is what the system says of one: which it is, how long it is, how many
// bytes of the disk it takes, and in chunks of how many these were given.
type file struct {
	inode                  uint64
	size, allocated, chunk int64
}

// blocks returns how many blocks a file has. k.mu is held.
func (k *Keys) blocks(f file) int64 {
	n := f.size
	if f.allocated > n && f.allocated < n+8*f.chunk {
		n = f.allocated
	}
	return (n + k.blockSize() - 1) / k.blockSize()
}

// name returns the name of the file of a key. (ngx_create_hashed_filename)
func (k *Keys) name(key Key) string {
	hex := key.String()
	dir, end := k.dir, len(hex)
	for _, n := range k.levels {
		dir = filepath.Join(dir, hex[end-n:end])
		end -= n
	}
	return filepath.Join(dir, hex)
}

// A Set is the caches of one configuration.
type Set struct {
	Caches []*Cache

	running sync.WaitGroup
	mu      sync.Mutex
	stop    chan struct{} // closed by Retire; nil: not begun
}

// Begin begins to remove what is not asked for, and to look for what is there.
func (s *Set) Begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil || len(s.Caches) == 0 {
		return
	}
	s.stop = make(chan struct{})
	for _, c := range s.Caches {
		s.running.Go(func() { c.manage(s.stop) })
		s.running.Go(func() { c.load(s.stop) })
	}
}

// Retire ends what Begin began: the next configuration has its own.
func (s *Set) Retire() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop == nil {
		s.stop = make(chan struct{}) // so that it does not begin any more
	}
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	return done
}

// CloseAll does nothing: there are no connections.
func (s *Set) CloseAll() {}
