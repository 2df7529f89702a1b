//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// chown makes a file belong to a user, who can use it.
func chown(name string, uid int) error {
	info, err := os.Stat(name)
	if err != nil {
		return fmt.Errorf(`stat() "%s" failed %s`, name, reason(err))
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != uid {
		if err := os.Chown(name, uid, -1); err != nil {
			return fmt.Errorf(`chown("%s", %d) failed %s`, name, uid, reason(err))
		}
	}
	need := os.FileMode(0o600)
	if info.IsDir() {
		need = 0o700
	}
	if mode := info.Mode(); mode&need != need {
		if err := os.Chmod(name, mode|need); err != nil {
			return fmt.Errorf(`chmod() "%s" failed %s`, name, reason(err))
		}
	}
	return nil
}
