//go:build !linux

package upstream

// A watch is made on Linux only. Elsewhere connections closed by their peer are
// noticed when they are taken or keepalive_timeout ends.
type watch struct{}

func newWatch(func(*Conn)) *watch { return nil }
func (*watch) add(*Conn) bool     { return false }
func (*watch) remove(*Conn)       {}
func (*watch) close()             {}
