package tunnel

import (
	"io"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
)

// maxPass is how many buffers of one direction the lot moves at a time. Who has
// more to move gets a goroutine.
const maxPass = 4

// A leftover is why a direction can not wait in the lot any more. The zero leftover
// is none.
type leftover struct {
	much bool        // there is more to read, or it has ended
	rest *buf.Buffer // read, and not taken by the peer yet
	err  error       // of reading
	sent error       // of writing
}

// pass moves what has arrived from one side, as far as nothing has to wait for
// that. An edge follows if there is more afterwards than was looked at.
func (t *Tunnel) pass(side End, d *conn.Direct, room []byte) (l leftover) {
	defer t.containPass(&l)
	src, dst := t.ends(side)
	total := &t.aToB
	if side == ByB {
		total = &t.bToA
	}
	if !d.Can(src) || !d.Can(dst) {
		return leftover{much: true}
	}
	room = room[:min(int(t.buffer), len(room))]
	for range maxPass {
		n, err := d.Read(src, room)
		switch {
		case err == io.EOF:
			return leftover{much: true} // it will be read again
		case err != nil:
			return leftover{err: err}
		case n == 0:
			return leftover{}
		}
		if side == ByB && t.firstB == 0 {
			t.firstB = conn.Now()
		}
		t.moved()
		m, err := d.Write(dst, room[:n])
		*total += int64(m)
		if err != nil {
			return leftover{sent: err}
		}
		if m < n {
			b := buf.Get(n - m)
			b.W = copy(b.B, room[m:n])
			return leftover{rest: b}
		}
		if n < len(room) {
			return leftover{}
		}
	}
	return leftover{much: true}
}

// finish is the goroutine of a direction that left the lot.
func (t *Tunnel) finish(side End, l leftover) {
	defer t.contain()
	switch {
	case l.err != nil:
		t.readEnded(side, l.err)
		t.leave()
	case l.sent != nil:
		t.writeFailed(side, l.sent)
		t.leave()
	case l.rest != nil && !t.deliver(side, l.rest):
		t.leave()
	default:
		t.move(side)
	}
}

// containPass is deferred by what moves bytes in the lot's goroutine.
func (t *Tunnel) containPass(l *leftover) {
	if t.group.Caught == nil {
		return
	}
	if fault := recover(); fault != nil {
		t.group.Caught(t.a, fault)
		t.end(Panicked, nil)
		*l = leftover{much: true} // its own goroutine finds that it has ended
	}
}
