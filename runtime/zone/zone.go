// Package zone keeps the named memory that outlives a configuration: request
// counters, cache keys, upstream peers. nginx keeps it in shared memory, which
// its workers and its next configuration share; here it is shared between the
// generations of one process. What a zone holds is its module's business.
//
// Sizes are declared and compared as nginx does, and reported; a module that
// bounds its zone by memory gets the size when it makes the data.
package zone

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// A Set is the zones of one configuration. The first of a process is a zero
// Set, each later one is made by Next from the one before.
type Set struct {
	mu    sync.Mutex
	m     map[string]*entry
	names []string         // in the order of their first use
	old   map[string]entry // of the configuration before, as they were for Next

	serial *atomic.Uint64 // nil until it is asked for
}

type entry struct {
	owner string // what the zone is for; nginx compares modules
	size  int64  // bytes; 0 while it is only referred to
	data  any    // nil while it is only referred to
}

// Next returns an empty set for the next configuration, whose zones take over
// the data of those of s. If that configuration fails, it is dropped, and s
// remains as it was. Otherwise Finish it.
func (s *Set) Next() *Set {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := make(map[string]entry, len(s.m))
	for name, e := range s.m {
		old[name] = *e
	}
	return &Set{old: old, serial: s.counter()}
}

// Serial returns what numbers the temporary files of a process: those of one
// configuration are called otherwise than those of the one before, which may still be
// at work. (ngx_temp_number)
func (s *Set) Serial() *atomic.Uint64 {
	if s == nil { // nothing outlives the configuration
		return new(atomic.Uint64)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counter()
}

// counter is Serial where s.mu is held.
func (s *Set) counter() *atomic.Uint64 {
	if s.serial == nil {
		s.serial = new(atomic.Uint64)
	}
	return s.serial
}

// Finish ends the configuration of s: what zones of the configuration before
// held, and none of s took over, is no longer kept. It returns an error for
// each zone that was referred to and never given a size.
func (s *Set) Finish() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old = nil
	var errs []error
	for _, name := range s.names {
		if s.m[name].size == 0 {
			errs = append(errs, fmt.Errorf(`zero size shared memory zone "%s"`, name))
		}
	}
	return errs
}

// Refer says that a zone is used, which may be declared before or after.
// The error is that the zone is for another use.
func (s *Set) Refer(owner, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.declare(owner, name, 0)
	return err
}

// Open declares the zone called name, of size bytes, and returns its data: that
// which the configuration already declared, or else that of the zone of this
// name, owner and size in the configuration before, or else what create makes.
// The owner names the module and the protocol, as in "http limit_req": a zone
// of one is no zone of the other. If the data taken over was made with other
// settings, it is the caller who has to notice, and refuse.
// A size of 0 stands for that of an earlier declaration.
func Open[T any](s *Set, owner, name string, size int64, create func() T) (T, error) {
	return open(s, owner, name, size, func(old *entry) T {
		if old != nil && old.size == size {
			if data, ok := old.data.(T); ok {
				return data
			}
		}
		return create()
	})
}

// OpenNew is Open for zones that begin anew with each configuration. Their
// data is made by create, which gets that of the zone of this name and owner
// in the configuration before, or the zero T.
func OpenNew[T any](s *Set, owner, name string, size int64, create func(old T) T) (T, error) {
	return open(s, owner, name, size, func(old *entry) T {
		var data T
		if old != nil {
			data, _ = old.data.(T)
		}
		return create(data)
	})
}

func open[T any](s *Set, owner, name string, size int64, create func(old *entry) T) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var none T
	e, err := s.declare(owner, name, size)
	if err != nil {
		return none, err
	}
	if e.data == nil {
		var before *entry
		if old, ok := s.old[name]; ok && old.owner == owner {
			before = &old
		}
		e.data = create(before)
	}
	data, ok := e.data.(T)
	if !ok {
		return none, otherUse(name)
	}
	return data, nil
}

// Lookup returns the data of a zone that the configuration has declared.
func Lookup[T any](s *Set, owner, name string) (data T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.m[name]; e != nil && e.owner == owner {
		data, ok = e.data.(T)
	}
	return data, ok
}

// Size returns the size of a zone in bytes, 0 if none was declared.
func (s *Set) Size(name string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.m[name]; e != nil {
		return e.size
	}
	return 0
}

// declare is ngx_shared_memory_add; s.mu is held.
func (s *Set) declare(owner, name string, size int64) (*entry, error) {
	e := s.m[name]
	switch {
	case e == nil:
		e = &entry{owner: owner, size: size}
		if s.m == nil {
			s.m = map[string]*entry{}
		}
		s.m[name] = e
		s.names = append(s.names, name)
	case e.owner != owner:
		return nil, otherUse(name)
	case e.size == 0:
		e.size = size
	case size != 0 && size != e.size:
		return nil, fmt.Errorf(`the size %d of shared memory zone "%s" conflicts with already declared size %d`, size, name, e.size)
	}
	return e, nil
}

func otherUse(name string) error {
	return fmt.Errorf(`the shared memory zone "%s" is already declared for a different use`, name)
}
