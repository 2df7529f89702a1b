package tunnel

// A panic ends the tunnel in which it comes up, if its group can tell somebody.

// contain is deferred by a direction's goroutine.
func (t *Tunnel) contain() {
	if t.group == nil || t.group.Caught == nil {
		return
	}
	fault := recover()
	if fault == nil {
		return
	}
	t.group.Caught(t.a, fault)
	t.end(Panicked, nil)
	if t.open.Load() > 0 {
		t.leave()
		return
	}
	t.a.Close() // it was done that panicked
	t.b.Close()
}
