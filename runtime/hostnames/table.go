// Package hostnames finds values by the name of a host: exactly, by wildcards
// such as "*.example.com", ".example.com" and "www.example.*", and by regular
// expressions. Virtual servers, map and valid_referers look names up with it.
// It answers as the combined hash of nginx does (ngx_hash_find_combined).
package hostnames

import (
	"errors"
	"strings"
)

// A Table is values by name and by wildcard.
type Table[T any] struct {
	exact map[string]T
	head  map[string]suffix[T] // "*.example.com" and ".example.com" as "example.com"
	tail  map[string]T         // "www.example.*" as "www.example"
}

// A suffix is the value of names that end in something.
type suffix[T any] struct {
	val  T
	self bool // ".example.com": of "example.com" too
}

var (
	// ErrConflict is of a key that is in the table already.
	ErrConflict = errors.New("conflict")
	// ErrWildcard is of a key that has no place in a table of wildcards: "*"
	// stands for whole labels at one end only.
	ErrWildcard = errors.New("invalid hostname or wildcard")
)

// A Kind says how a name was found.
type Kind int8

const (
	None  Kind = iota // not at all
	Exact             // as it is
	Head              // by a wildcard that begins with "*"
	Tail              // by a wildcard that ends with "*"
	Regex             // by a regular expression
)

func (k Kind) String() string {
	return [...]string{"none", "exact name", "wildcard name starting with an asterisk", "wildcard name ending with an asterisk", "regular expression"}[k]
}

// Len returns the number of keys.
func (k *Table[T]) Len() int { return len(k.exact) + len(k.head) + len(k.tail) }

// Add adds a key, in any case, which may be a wildcard if wildcards. The error
// is ErrConflict or ErrWildcard (ngx_hash_add_key).
func (k *Table[T]) Add(key string, val T, wildcards bool) error {
	low := Lower(key)
	if !wildcards {
		return k.addExact(low, val)
	}
	if strings.Count(key, "*") > 1 || strings.Contains(key, "..") || strings.Contains(key, "\x00") {
		return ErrWildcard
	}
	switch {
	case len(key) > 1 && key[0] == '.':
		if _, ok := k.exact[low[1:]]; ok {
			return ErrConflict
		}
		return k.addHead(low[1:], suffix[T]{val, true})
	case len(key) > 2 && key[:2] == "*.":
		return k.addHead(low[2:], suffix[T]{val, false})
	case len(key) > 2 && strings.HasSuffix(key, ".*"):
		name := low[:len(low)-2]
		if _, ok := k.tail[name]; ok {
			return ErrConflict
		}
		if k.tail == nil {
			k.tail = map[string]T{}
		}
		k.tail[name] = val
		return nil
	case strings.Contains(key, "*"):
		return ErrWildcard
	}
	return k.addExact(low, val)
}

func (k *Table[T]) addExact(key string, val T) error {
	if _, ok := k.exact[key]; ok {
		return ErrConflict
	}
	if s, ok := k.head[key]; ok && s.self {
		return ErrConflict
	}
	if k.exact == nil {
		k.exact = map[string]T{}
	}
	k.exact[key] = val
	return nil
}

func (k *Table[T]) addHead(name string, s suffix[T]) error {
	if _, ok := k.head[name]; ok {
		return ErrConflict
	}
	if k.head == nil {
		k.head = map[string]suffix[T]{}
	}
	k.head[name] = s
	return nil
}

// Find returns the value for a name in lower case, and how it was found: by the
// exact key, else by the longest wildcard that begins with "*", else by the
// longest that ends so.
func (k *Table[T]) Find(name []byte) (val T, how Kind) {
	if v, ok := k.exact[string(name)]; ok {
		return v, Exact
	}
	if len(k.head) > 0 {
		if s, ok := k.head[string(name)]; ok && s.self {
			return s.val, Exact
		}
		for i, c := range name {
			if c != '.' {
				continue
			}
			if s, ok := k.head[string(name[i+1:])]; ok {
				return s.val, Head
			}
		}
	}
	if len(k.tail) > 0 {
		for i := len(name) - 1; i >= 0; i-- {
			if name[i] != '.' {
				continue
			}
			if v, ok := k.tail[string(name[:i])]; ok {
				return v, Tail
			}
		}
	}
	return val, None
}

// Lower is strings.ToLower for ASCII only, as nginx has it.
func Lower(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for j, c := range b[i:] {
				if c >= 'A' && c <= 'Z' {
					b[i+j] = c | 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
