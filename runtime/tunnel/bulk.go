package tunnel

import (
	"sync"

	"understudy/runtime/conn"
)

// Much that comes at once does not pass through the process: it is moved from socket
// to socket through a pipe of the kernel. That costs more than a read and a write for
// what fits into the buffer, and half as much or less for what is larger.
const (
	bulkMost  = 256 << 10 // moved at a time, in bytes
	bulkLeast = 16 << 10  // less of it is the last
	mostPipes = 64        // of a group, in use at a time; other tunnels read and write
	idlePipes = 4         // kept for the next
	slowReads = 64        // after a peer that was slow to take bytes, so many are read and written
)

// A pipePool is the pipes of a group.
type pipePool struct {
	mu   sync.Mutex
	idle []*conn.Pipe // guarded by mu
	used int          // guarded by mu
}

// take returns a pipe, or nil if there may not be another.
func (p *pipePool) take() *conn.Pipe {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used >= mostPipes {
		return nil
	}
	var x *conn.Pipe
	if n := len(p.idle); n > 0 {
		x, p.idle = p.idle[n-1], p.idle[:n-1]
	} else {
		var err error
		if x, err = conn.NewPipe(); err != nil {
			return nil
		}
	}
	p.used++
	return x
}

func (p *pipePool) put(x *conn.Pipe) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used--
	if !x.Empty() || len(p.idle) >= idlePipes {
		x.Close()
		return
	}
	p.idle = append(p.idle, x)
}

// clear closes those that nobody uses.
func (p *pipePool) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.idle {
		x.Close()
	}
	p.idle = nil
}

// bulk moves what more there is of a side whose last read filled the buffer. It
// reports false if the direction has ended.
func (t *Tunnel) bulk(side End) bool {
	src, dst := t.ends(side)
	slow := &t.slowA
	if side == ByB {
		slow = &t.slowB
	}
	switch {
	case t.group == nil || t.rates != nil || src.Secured() || dst.Secured():
		return true
	case *slow > 0:
		*slow--
		return true
	}
	p := t.group.pipes.take()
	if p == nil {
		return true
	}
	defer t.group.pipes.put(p)
	for t.ended.Load() == 0 {
		n, err := src.Fill(p, bulkMost)
		if err != nil {
			t.readEnded(side, err)
			return false
		}
		if n == 0 {
			return true
		}
		t.moved()
		if err := t.sendPipe(side, p, dst); err != nil {
			t.writeFailed(side, err)
			return false
		}
		t.moved()
		if p.Waited() {
			*slow = slowReads
			return true
		}
		if n < bulkLeast {
			return true
		}
	}
	return true
}

func (t *Tunnel) sendPipe(side End, p *conn.Pipe, dst *conn.Conn) error {
	if side == ByA {
		n, err := dst.SendPipe(p)
		t.aToB += int64(n)
		return err
	}
	t.toA.Store(true)
	n, err := dst.SendPipe(p)
	t.toA.Store(false)
	t.bToA += int64(n)
	return err
}
