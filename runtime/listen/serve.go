package listen

import (
	"errors"
	"runtime"
	"sync"
	"syscall"
	"time"

	"understudy/runtime/conn"
)

// acceptPause is how long nothing is accepted after the process ran out of
// descriptors: accept_mutex_delay.
const acceptPause = 500 * time.Millisecond

// A Socket is one listening socket.
type Socket struct {
	Options // as it is now
	// Inherited tells that another process opened it.
	Inherited bool

	borrowed bool // the service manager keeps it, and its file

	// twins listen on the same address: an nginx with several workers and
	// reuseport, from which the socket was inherited, has one for each. The
	// kernel shares connections out among all, so none may be left alone.
	twins []*Socket

	set *Set
	fd  *descriptor

	mu      sync.Mutex
	current *Listener     // who gets the connections; nil if nobody; guarded by mu
	idle    chan struct{} // closed when the accepting goroutine has ended; nil if there is none; guarded by mu
	wake    chan struct{} // ends a pause; guarded by mu
	closed  bool          // guarded by mu

	handing sync.Mutex // held while a connection is handed over
}

// A Listener is one generation's claim to the connections of a socket.
type Listener struct {
	sock   *Socket
	accept func(*conn.Conn)
	twins  []*Listener
}

// Serve gives all connections accepted from now on to accept, which must not block:
// it is called by the one goroutine that accepts. It takes over from an earlier
// Serve, without a moment in which nobody accepts.
func (k *Socket) Serve(accept func(*conn.Conn)) *Listener {
	l := &Listener{sock: k, accept: accept}
	if len(k.twins) > 0 {
		var one sync.Mutex
		l.accept = func(c *conn.Conn) {
			one.Lock()
			defer one.Unlock()
			accept(c)
		}
	}
	for _, twin := range k.twins {
		l.twins = append(l.twins, twin.Serve(l.accept))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = l
	if k.idle == nil && !k.closed {
		k.start()
	}
	return l
}

func (k *Socket) start() {
	k.idle, k.wake = make(chan struct{}), make(chan struct{})
	k.fd.resume()
	go k.run(k.idle, k.wake)
}

// Close ends the claim. If another Serve has taken over, that goes on; else nobody
// accepts any more, though the socket stays open and the kernel goes on queueing.
// When it returns, accept is not running and will not be
// called; so accept must not call it.
func (l *Listener) Close() {
	for _, twin := range l.twins {
		twin.Close()
	}
	k := l.sock
	k.mu.Lock()
	if k.current != l {
		k.mu.Unlock()
		k.handing.Lock() // accept may be at work on the last connection before the take-over
		defer k.handing.Unlock()
		return
	}
	k.current = nil
	k.halt()
}

// halt ends the accepting goroutine and waits for it. It is called with mu held,
// and releases it.
func (k *Socket) halt() {
	idle := k.idle
	if idle == nil {
		k.mu.Unlock()
		return
	}
	close(k.wake)
	k.fd.interrupt()
	k.mu.Unlock()
	<-idle
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.idle == idle {
		k.idle = nil
		if k.current != nil && !k.closed { // Serve was called meanwhile
			k.start()
		}
	}
}

func (k *Socket) close() {
	for _, twin := range k.twins {
		twin.close()
	}
	k.mu.Lock()
	k.closed = true
	k.current = nil
	k.halt()
	k.fd.close()
}

// run accepts until halt.
func (k *Socket) run(idle, wake chan struct{}) {
	defer close(idle)
	for {
		c, err := k.fd.accept()
		select {
		case <-wake:
			if c != nil {
				k.deliver(c)
			}
			return
		default:
		}
		if err != nil {
			k.failed(err, wake)
			continue
		}
		k.deliver(c)
		// Connections are served in the order in which they came, as by
		// nginx: the scheduler would begin with the last of those that
		// were there together.
		runtime.Gosched()
	}
}

func (k *Socket) deliver(c *conn.Conn) {
	k.handing.Lock()
	defer k.handing.Unlock()
	k.mu.Lock()
	l := k.current
	k.mu.Unlock()
	if l == nil {
		c.Close()
		return
	}
	c.Serial = k.set.Serial.Add(1)
	l.accept(c)
}

// failed logs err as nginx does, and pauses where trying again at once would be in
// vain.
func (k *Socket) failed(err error, wake chan struct{}) {
	level := "alert"
	switch {
	case errors.Is(err, syscall.ECONNABORTED):
		level = "err"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		level = "crit"
	}
	k.set.Log(level, (&Error{acceptCall + "() failed", err}).Error())
	if level == "err" {
		return
	}
	t := time.NewTimer(acceptPause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	}
}
