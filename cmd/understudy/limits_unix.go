//go:build unix

package main

import (
	"golang.org/x/sys/unix"

	"understudy/runtime/logs"
)

// limits sets the limits of the process's resources. The hard limit of open
// files is not lowered: the next configuration may want more.
func (p *program) limits(c *configuration) {
	if n := c.settings.NoFile; n >= 0 {
		r := unix.Rlimit{}
		_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &r) // the new one says what is wrong
		r.Cur, r.Max = uint64(n), max(r.Max, uint64(n))
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
			p.journal.printf(logs.Alert, "setrlimit(RLIMIT_NOFILE, %d) failed %s", n, reason(err))
		}
	}
	if n := c.settings.CoreSize; n >= 0 {
		if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: uint64(n), Max: uint64(n)}); err != nil {
			p.journal.printf(logs.Alert, "setrlimit(RLIMIT_CORE, %d) failed %s", n, reason(err))
		}
	}
}
