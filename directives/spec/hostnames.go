package spec

import (
	"errors"
	"fmt"

	"understudy/runtime/hostnames"
)

// Hostnames are the keys of map and valid_referers.
type Hostnames[T any] struct{ hostnames.Table[T] }

// Add adds a key, in any case, which may be a wildcard if wildcards. The error
// has nginx's words.
func (k *Hostnames[T]) Add(key string, val T, wildcards bool) error {
	err := k.Table.Add(key, val, wildcards)
	if errors.Is(err, hostnames.ErrConflict) {
		return fmt.Errorf(`conflicting parameter "%s"`, hostnames.Lower(key))
	}
	if err != nil {
		return fmt.Errorf(`%v "%s"`, err, key)
	}
	return nil
}

// Find returns the value for a name in lower case, or the zero value.
func (k *Hostnames[T]) Find(name []byte) T {
	val, _ := k.Table.Find(name)
	return val
}
