//go:build !linux

package conn

// A watchSet does not exist here: each Watch is a Conn.Watch.
type watchSet struct{}

func (s *Watches) newSet() *watchSet { return nil }

func (w *Watch) addTo(uintptr) {}

func (set *watchSet) remove(int32) {}

func (set *watchSet) close() {}
