package certs

import (
	"container/list"
	"crypto/tls"
	"os"
	"strings"
	"sync"
	"time"
)

// A Store keeps certificates and keys whose names contain variables
// (ssl_certificate_cache). The certificate and its key are two of its entries.
type Store struct {
	Max             int
	Inactive, Valid time.Duration

	mu    sync.Mutex
	m     map[string]*list.Element
	order list.List // of *stored, used last in front
}

// stored is a certificate with its chain, or a key.
type stored struct {
	id                string
	value             any
	created, accessed time.Time
	file              identity
}

// An identity tells whether a file is still the same one.
type identity struct {
	mtime time.Time
	inode uint64
}

func identify(name string) (id identity, ok bool) {
	st, err := os.Stat(name)
	if err != nil || !st.Mode().IsRegular() {
		return id, false
	}
	id.mtime = st.ModTime().Truncate(time.Second)
	id.inode = inode(st)
	return id, true
}

// Pair is Loader.Pair, with the store in between. A nil Store keeps nothing.
func (s *Store) Pair(cert, key string, passwords [][]byte) (*tls.Certificate, error) {
	if s == nil {
		return new(Loader).Pair(cert, key, passwords)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.pair(cert, key, passwords, false)
	if err == errMismatch { // one of the files was renewed before the other
		c, err = s.pair(cert, key, passwords, true)
	}
	if err == errMismatch {
		err = mismatch(key)
	}
	return c, err
}

func (s *Store) pair(cert, key string, passwords [][]byte, anew bool) (*tls.Certificate, error) {
	l := new(Loader)
	chain, err := s.fetch("cert ", cert, anew, func() (any, bool, error) {
		c, err := l.chain(cert)
		return c, true, err
	})
	if err != nil {
		return nil, err
	}
	k, err := s.fetch("key ", key, anew, func() (any, bool, error) {
		k, encrypted, err := l.key(key, passwords)
		return k, !encrypted, err // what a password protects is not kept in the open
	})
	if err != nil {
		return nil, err
	}
	c := *chain.(*tls.Certificate)
	c.PrivateKey = k
	return &c, fits(&c)
}

// fetch returns what is kept under a name, or loads it. After a while it looks
// whether the file has changed.
func (s *Store) fetch(kind, name string, anew bool, load func() (any, bool, error)) (any, error) {
	now := time.Now()
	id := kind + name
	data := strings.HasPrefix(name, "data:")
	if e := s.m[id]; e != nil {
		x := e.Value.(*stored)
		fresh := data || !anew && now.Sub(x.created) <= s.Valid
		if !fresh {
			file, ok := identify(name)
			if !anew && ok && file == x.file {
				x.created, fresh = now, true
			}
		}
		if fresh {
			x.accessed = now
			s.order.MoveToFront(e)
			return x.value, nil
		}
		s.drop(e)
	}
	value, keep, err := load()
	if err != nil || !keep {
		return value, err
	}
	x := &stored{id: id, value: value, created: now, accessed: now}
	x.file, _ = identify(name)
	s.expire(now, false)
	if len(s.m) >= s.Max {
		s.expire(now, true)
	}
	if s.m == nil {
		s.m = map[string]*list.Element{}
	}
	s.m[id] = s.order.PushFront(x)
	return value, nil
}

func (s *Store) drop(e *list.Element) {
	delete(s.m, e.Value.(*stored).id)
	s.order.Remove(e)
}

// expire drops two entries that were not used for long, and one more before
// them, whenever it was used, if there must be room.
func (s *Store) expire(now time.Time, room bool) {
	n := 2
	if room {
		n++
	}
	for ; n > 0; n-- {
		e := s.order.Back()
		if e == nil || !room && now.Sub(e.Value.(*stored).accessed) <= s.Inactive {
			return
		}
		room = false
		s.drop(e)
	}
}

// Objects are the files of configurations before: one that has not changed is
// not read again (ssl_object_cache_inheritable).
type Objects struct {
	mu sync.Mutex
	m  map[string]object
}

type object struct {
	file identity
	text []byte
}

// read reads a file, unless it is the one that it was.
func (o *Objects) read(name string) ([]byte, error) {
	file, ok := identify(name)
	if !ok || o == nil {
		return os.ReadFile(name)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if x, ok := o.m[name]; ok && x.file == file {
		return x.text, nil
	}
	text, err := os.ReadFile(name)
	if err == nil {
		if o.m == nil {
			o.m = map[string]object{}
		}
		o.m[name] = object{file, text}
	}
	return text, err
}
