package main

import (
	"errors"
	"testing"
)

// A host that had no address is looked up again when the configuration is read again;
// once nobody has answered for one of them, the others are not waited for.
func TestForgetHosts(t *testing.T) {
	failed := errors.New("failed before")
	f := &foreground{looked: map[string]lookedUp{"localhost": {nil, failed}, "other.invalid": {nil, failed}}}
	f.forgetHosts()
	if addrs, err := f.lookup("localhost"); err != nil || len(addrs) == 0 {
		t.Errorf("got %v, %v", addrs, err)
	}
	f.silent = true
	if _, err := f.lookup("other.invalid"); err != failed {
		t.Errorf("got %v, want %v", err, failed)
	}
}
