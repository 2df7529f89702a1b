package gateway

import (
	"os"
	"sync"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/httpd"
)

// patience is how long writes to the client may wait, all together, before the
// peer is read beside them. A client that keeps up costs no second goroutine.
const patience = 5 * time.Millisecond

// fileSpan is the most that is sent from a temporary file at once, in bytes, so
// that the file can begin anew when the client has caught up with it.
const fileSpan = 1 << 20

// A backlog is what a peer has sent and a slow client has not taken: in memory as
// far as proxy_buffers goes, then in a temporary file of proxy_max_temp_file_size.
// A goroutine of its own reads from the peer; that of the request writes to the
// client. The first owns the peer's side of the State until it has ended.
//
// It is ngx_event_pipe.c for those who wait.
type backlog struct {
	s   *State
	r   *httpd.Request
	set *Settings

	size int   // of a block
	most int   // blocks
	file int64 // bytes the temporary file may have

	read chan struct{} // closed when the reader has ended

	mu     sync.Mutex // guards what follows
	some   sync.Cond  // there is something to write, or the reader has ended
	space  sync.Cond  // there is a block to read into, or stop
	blocks []*block   // in the order of what is in them; the last is being read into
	busy   *block     // what is being written
	temp   spill
	idle   bool // the writer waits
	caught bool // it waited when the last data came: the client has caught up
	stop   bool // the client is gone
	ended  bool // the reader has, and says why:

	handed bool   // the client keeps up: the writer may read for itself again
	done   bool   // the body has ended
	rest   []byte // and this follows
	err    error  // why it is not complete; nil otherwise
}

// A block has data that are to be written in b.B[from:to].
type block struct {
	b        *buf.Buffer
	from, to int
}

// lag begins a backlog: the client is slow to take what is in s.buf, which stays
// until it has.
func (s *State) lag() {
	set := s.set
	l := &backlog{s: s, r: s.slow.r, set: set, read: make(chan struct{})}
	l.some.L, l.space.L = &l.mu, &l.mu
	total := max(set.Buffers, 2) * set.BufferUnit
	l.size = min(max(total/4, 4<<10), relayBuffer)
	l.most = max(total/l.size, 2)
	if set.TempPath != nil {
		l.file = set.MaxTemp
	}
	s.slow.lent, s.buf = s.buf, nil
	s.slow.backlog = l
	go l.run()
}

// run reads until the body ends, the client catches up or is gone.
func (l *backlog) run() {
	defer close(l.read)
	defer l.end()
	l.fill()
}

// end says that the reader has ended. If it panicked the response is given up, which
// takes nothing else with it.
func (l *backlog) end() {
	fault := recover()
	if fault != nil {
		l.r.Fault(fault)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if fault != nil {
		l.err = errInvalid
	}
	l.ended = true
	l.some.Signal()
}

func (l *backlog) fill() {
	s := l.s
	var k *block
	for {
		if k = l.next(k); k == nil {
			return
		}
		b := k.b
		b.R, b.W = k.to, k.to
		n, err := s.read(l.r, b, l.set)
		if n <= 0 {
			if !l.stopped() {
				l.fail(s.closed(l.r, err))
			}
			return
		}
		b.W += n
		end, done, err := s.decode(b, k.to)
		if err = s.undecoded(l.r, err); err != errInvalid {
			l.put(k, end)
		}
		if err != nil {
			l.fail(err)
			return
		}
		if done {
			l.done, l.rest = true, b.Bytes()
			if !l.set.PassTrailers || s.Body != &s.chunked {
				l.release()
			}
			return
		}
	}
}

func (l *backlog) stopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stop
}

// fail says why the body is not complete.
func (l *backlog) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// release gives the connection back: the peer need not wait for the client.
func (l *backlog) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stop {
		l.s.ended(l.r, len(l.rest) == 0)
	}
}

// next returns where to read into, which is k if that has room, or nil if there is
// no more reading.
func (l *backlog) next(k *block) *block {
	const few = 512
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.stop && l.err == nil {
		if l.caught {
			l.handed = true
			return nil
		}
		if k != nil && len(k.b.B)-k.to >= few {
			return k
		}
		if k != nil && k.from == k.to && k != l.busy { // written already
			k.from, k.to = 0, 0
			return k
		}
		if len(l.blocks) < l.most {
			k = &block{b: buf.Get(l.size)}
			l.blocks = append(l.blocks, k)
			return k
		}
		if l.spill() {
			k = nil
		} else if l.err == nil {
			l.space.Wait()
		}
	}
	return nil
}

// put makes the data in k reach to end.
func (l *backlog) put(k *block, end int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if end == k.to {
		return
	}
	l.s.attempt().Length += int64(end - k.to)
	l.s.keep(l.r, k.b.B[k.to:end])
	k.to, l.caught = end, l.idle
	l.some.Signal()
}

// drain writes what there is until the reader has ended and nothing is left, or what
// is left is not to be sent. The first error is that of the client.
func (l *backlog) drain() error {
	s := l.s
	for {
		p, off, n := l.take()
		var err error
		switch {
		case n > 0:
			if !s.copy.deaf {
				err = l.r.SendFile(l.temp.f, off, n)
			}
		case len(p) > 0:
			if s.copy.deaf {
			} else if err = l.r.Write(p); err == nil {
				err = l.r.Push()
			}
		default:
			return nil
		}
		l.wrote(n)
		if err = s.lostClient(err); err != nil {
			return err
		}
	}
}

// take waits for what is to be written next, and returns it: a part of the file,
// which has what is older, or data of one block. If there is neither, nothing more is
// to be written: nginx gives up what it has with a response that makes no sense.
func (l *backlog) take() (p []byte, off, n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err != errInvalid {
		if n := l.temp.to - l.temp.from; n > 0 {
			return nil, l.temp.from, min(n, fileSpan)
		}
		for _, k := range l.blocks {
			if n := k.to - k.from; n > 0 {
				if l.set.BusySize > 0 {
					n = min(n, l.set.BusySize)
				}
				p = k.b.B[k.from : k.from+n]
				k.from += n
				l.busy = k
				return p, 0, 0
			}
		}
		if l.ended {
			break
		}
		l.idle = true
		l.some.Wait()
		l.idle = false
	}
	return nil, 0, 0
}

// wrote says that what take returned has been written, which is n bytes of the file
// or a block. Blocks that have been written are given back, but for the last, which
// is being read into.
func (l *backlog) wrote(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.temp.from += n
	if n > 0 {
		return
	}
	l.busy = nil
	if n := len(l.blocks); n > 1 && l.blocks[0].from == l.blocks[0].to {
		l.blocks[0].b.Free()
		copy(l.blocks, l.blocks[1:])
		l.blocks[n-1] = nil
		l.blocks = l.blocks[:n-1]
	}
	l.space.Signal()
}

// quit ends the reader: the client is gone.
func (l *backlog) quit() {
	l.mu.Lock()
	l.stop = true
	l.space.Signal()
	if c := l.s.conn; c != nil && !l.ended {
		c.Cancel()
	}
	l.mu.Unlock()
	<-l.read
}

// close gives back what the backlog held. The reader has ended.
func (l *backlog) close() {
	for _, k := range l.blocks {
		k.b.Free()
	}
	l.blocks = nil
	l.temp.close()
}

// A slowness is what a State needs to notice that the client is slow.
type slowness struct {
	r        *httpd.Request
	patience conn.Patience
	before   *conn.Patience
	lost     func()      // made once
	lent     *buf.Buffer // whose data are being written beside the reader
	backlog  *backlog
}

// watchSpeed has a backlog begun if the client is slow while a piece of the body is
// delivered. If it is not, that costs nothing.
func (s *State) watchSpeed(r *httpd.Request) {
	if s.slow.lost == nil {
		s.slow.lost = s.lag
	}
	s.slow.r = r
	s.slow.patience = conn.Patience{Left: patience, Lost: s.slow.lost}
	s.slow.before = r.Client.SetPatience(&s.slow.patience)
}

// watchSpeedAgain is watchSpeed for a client that was slow.
func (s *State) watchSpeedAgain(r *httpd.Request) {
	s.slow.patience.Left = patience
	r.Client.SetPatience(&s.slow.patience)
}

// unwatchSpeed ends what watchSpeed began, if it did.
func (s *State) unwatchSpeed(r *httpd.Request) {
	if s.slow.r != nil {
		r.Client.SetPatience(s.slow.before)
		s.slow.r, s.slow.before = nil, nil
	}
}

// catchUp writes the backlog that has come up while a piece was delivered. It
// reports whether the body goes on as if there had been none: the client keeps up.
func (s *State) catchUp(r *httpd.Request, set *Settings, err error) (on bool, _ error) {
	l := s.slow.backlog
	if err == nil {
		err = l.drain()
	}
	if err != nil {
		l.quit()
	} else {
		<-l.read
	}
	s.slow.backlog = nil
	defer l.close()
	if s.headBuf == nil {
		s.headBuf = s.slow.lent // the head's fields are still asked for
	} else {
		s.slow.lent.Free()
	}
	s.slow.lent = nil
	s.buf = buf.Get(relayBuffer)
	s.buf.W = copy(s.buf.B, l.rest)
	switch {
	case err != nil:
		return false, err
	case l.handed:
		return true, nil
	case l.done:
		return false, s.relayed(r, set)
	}
	return false, l.err
}

// A spill is a temporary file with bytes that are to be written in [from, to).
type spill struct {
	f        *os.File
	from, to int64
}

func (t *spill) close() {
	if t.f != nil {
		t.f.Close()
	}
}
