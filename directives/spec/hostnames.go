package spec

import (
	"errors"
	"fmt"
	"strings"
)

// Hostnames are values by name, and by wildcards such as "*.example.com",
// ".example.com" and "www.example.*", as map and valid_referers take them. They
// answer as the combined hash of nginx does (ngx_hash_find_combined).
type Hostnames[T any] struct {
	exact map[string]T
	head  map[string]suffix[T] // "*.example.com" and ".example.com" as "example.com"
	tail  map[string]T         // "www.example.*" as "www.example"
}

// A suffix is the value of names that end in something.
type suffix[T any] struct {
	val  T
	self bool // ".example.com": of "example.com" too
}

var errConflict = errors.New("conflict")

// Add adds a key, in any case, which may be a wildcard if wildcards. The error
// has nginx's words.
func (k *Hostnames[T]) Add(key string, val T, wildcards bool) error {
	low, err := k.add(key, val, wildcards)
	if err == errConflict {
		return fmt.Errorf(`conflicting parameter "%s"`, low)
	}
	return err
}

// Len returns the number of keys.
func (k *Hostnames[T]) Len() int { return len(k.exact) + len(k.head) + len(k.tail) }

func (k *Hostnames[T]) add(key string, val T, wildcards bool) (string, error) {
	if !wildcards {
		return k.addExact(lower(key), val)
	}
	errWildcard := fmt.Errorf(`invalid hostname or wildcard "%s"`, key)
	if strings.Count(key, "*") > 1 || strings.Contains(key, "..") || strings.Contains(key, "\x00") {
		return key, errWildcard
	}
	low := lower(key)
	switch {
	case len(key) > 1 && key[0] == '.':
		if _, ok := k.exact[low[1:]]; ok {
			return low, errConflict
		}
		return low, k.addHead(low[1:], suffix[T]{val, true})
	case len(key) > 2 && key[:2] == "*.":
		return low, k.addHead(low[2:], suffix[T]{val, false})
	case len(key) > 2 && strings.HasSuffix(key, ".*"):
		name := low[:len(low)-2]
		if _, ok := k.tail[name]; ok {
			return low, errConflict
		}
		if k.tail == nil {
			k.tail = map[string]T{}
		}
		k.tail[name] = val
		return low, nil
	case strings.Contains(key, "*"):
		return key, errWildcard
	}
	return k.addExact(low, val)
}

func (k *Hostnames[T]) addExact(key string, val T) (string, error) {
	if _, ok := k.exact[key]; ok {
		return key, errConflict
	}
	if s, ok := k.head[key]; ok && s.self {
		return key, errConflict
	}
	if k.exact == nil {
		k.exact = map[string]T{}
	}
	k.exact[key] = val
	return key, nil
}

func (k *Hostnames[T]) addHead(name string, s suffix[T]) error {
	if _, ok := k.head[name]; ok {
		return errConflict
	}
	if k.head == nil {
		k.head = map[string]suffix[T]{}
	}
	k.head[name] = s
	return nil
}

// Find returns the value for a name in lower case: of the exact key, else of
// the longest wildcard that begins with "*", else of the longest that ends so.
func (k *Hostnames[T]) Find(name []byte) (val T) {
	if v, ok := k.exact[string(name)]; ok {
		return v
	}
	if len(k.head) > 0 {
		if s, ok := k.head[string(name)]; ok && s.self {
			return s.val
		}
		for i, c := range name {
			if c != '.' {
				continue
			}
			if s, ok := k.head[string(name[i+1:])]; ok {
				return s.val
			}
		}
	}
	if len(k.tail) > 0 {
		for i := len(name) - 1; i >= 0; i-- {
			if name[i] != '.' {
				continue
			}
			if v, ok := k.tail[string(name[:i])]; ok {
				return v
			}
		}
	}
	return val
}

// lower is strings.ToLower for ASCII only, as nginx has it.
func lower(s string) string {
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
