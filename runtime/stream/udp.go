package stream

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/listen"
)

// queued is how many datagrams of a client wait until its session can pass them on;
// more are lost, as in the socket's own queue.
const queued = 16

// A packetPort is the sessions of one UDP socket, by the addresses of both ends. One
// goroutine reads the socket and passes on what clients send, another what their
// peers answer: a session has none of its own once it has found its peer.
type packetPort struct {
	*Port
	sock  *listen.Socket
	in    *packetSocket
	peers packetPeers

	sessions sync.WaitGroup // one for each of open

	mu      sync.Mutex
	clients map[ends]*packetConn     // where datagrams go to; guarded by mu
	open    map[*packetConn]struct{} // sessions that have not ended; guarded by mu
	closed  bool                     // no session may begin; guarded by mu
}

// ServeUDP reads the datagrams of a socket until the block is retired, and has
// each client's served by a session of its own.
func (p *Port) ServeUDP(sock *listen.Socket) {
	in, err := newPacketSocket(sock)
	if err != nil {
		return // the socket has been closed meanwhile
	}
	defer in.close()
	u := &packetPort{Port: p, sock: sock, in: in, clients: map[ends]*packetConn{}, open: map[*packetConn]struct{}{}}
	remove := p.Stream.onRetire(in.stop)
	defer remove()
	in.receive(u)
	u.shutdown()
	u.sessions.Wait()
	u.peers.close()
}

// deliver gives a datagram, of which it keeps nothing, to the session of its client,
// or begins one with it.
func (u *packetPort) deliver(e *ends, p []byte) {
	defer u.caught()
	for {
		u.mu.Lock()
		c := u.clients[*e]
		switch {
		case c == nil && u.closed:
			u.mu.Unlock()
			return
		case c == nil:
			c = &packetConn{port: u, ends: *e, control: e.control(), first: append([]byte{}, p...)}
			if !e.anonymous() {
				u.clients[*e] = c
			}
			u.open[c] = struct{}{}
			u.sessions.Add(1)
			u.mu.Unlock()
			go u.begin(c)
			return
		}
		u.mu.Unlock()
		if c.take(p) {
			return
		}
	}
}

func (u *packetPort) begin(pc *packetConn) {
	c := conn.New(pc)
	c.Serial = u.sock.NextSerial()
	c.Received = int64(len(pc.first))
	if u.Port.serve(c, pc) != Done {
		u.ended(pc)
	}
}

// ended forgets a session of which nothing runs any more.
func (u *packetPort) ended(c *packetConn) {
	u.mu.Lock()
	delete(u.open, c)
	u.mu.Unlock()
	u.sessions.Done()
}

// shutdown ends the sessions, now that the socket is not read any more.
func (u *packetPort) shutdown() {
	u.mu.Lock()
	u.closed = true
	list := make([]*packetConn, 0, len(u.open))
	for c := range u.open {
		list = append(list, c)
	}
	u.mu.Unlock()
	for _, c := range list {
		c.shutdown()
	}
}

// A packetConn is the datagrams of one client, as a connection.
type packetConn struct {
	port      *packetPort
	ends      ends
	control   []byte // what has an answer come from the address that was asked; nil: nothing
	first     []byte // what the session began with; nil once it was read
	forgotten atomic.Bool

	mu      sync.Mutex // guards what follows, and all of relay
	relay   *packets   // nil before there is a peer
	waiting [][]byte   // what the client has sent since first and was not passed on yet
	stopped bool       // the session is to end when it has found its peer
}

// take passes a datagram on, or has it wait. It reports false if the session wants
// none any more.
func (c *packetConn) take(p []byte) bool {
	c.mu.Lock()
	x := c.relay
	switch {
	case c.forgotten.Load():
		c.mu.Unlock()
		return false
	case x == nil || x.full():
		if len(c.waiting) < queued {
			c.waiting = append(c.waiting, append([]byte{}, p...))
		}
		c.mu.Unlock()
	default:
		x.unlock(x.request(p))
	}
	return true
}

// unlock lets go of the lock. What waits in vain begins other sessions.
func (c *packetConn) unlock() {
	var rest [][]byte
	if c.forgotten.Load() {
		rest, c.waiting = c.waiting, nil
	}
	c.mu.Unlock()
	for _, b := range rest {
		c.port.deliver(&c.ends, b)
	}
}

func (c *packetConn) shutdown() {
	c.mu.Lock()
	c.stopped = true
	if x := c.relay; x != nil {
		x.unlock(x.shutdown())
		return
	}
	c.mu.Unlock()
}

// forget has the next datagram of the client begin another session.
func (c *packetConn) forget() {
	if c.forgotten.Load() {
		return
	}
	u := c.port
	u.mu.Lock()
	if u.clients[c.ends] == c {
		delete(u.clients, c.ends)
	}
	u.mu.Unlock()
	c.forgotten.Store(true)
}

// Close implements net.Conn.
func (c *packetConn) Close() error {
	c.forget()
	c.mu.Lock()
	c.unlock()
	return nil
}

// Write implements net.Conn: p is a datagram.
func (c *packetConn) Write(p []byte) (int, error) {
	a := newAnswers(c.port.in)
	defer a.free()
	a.put(c, p)
	a.in.sendAll(a)
	if err := a.list[0].err; err != nil {
		return 0, err
	}
	return len(p), nil
}

// Read implements net.Conn: it returns the first datagram. Those that follow have
// nobody who would read them.
func (c *packetConn) Read(p []byte) (int, error) {
	if c.first == nil {
		return 0, net.ErrClosed
	}
	n := copy(p, c.first)
	c.first = nil
	return n, nil
}

// RemoteAddr implements net.Conn.
func (c *packetConn) RemoteAddr() net.Addr { return c.ends.remote() }

// RemotePath is the name of the client's unix socket, if it has one.
func (c *packetConn) RemotePath() string { return c.ends.unixPath() }

// LocalAddr implements net.Conn.
func (c *packetConn) LocalAddr() net.Addr { return c.port.in.localAddr(&c.ends) }

// The deadlines of net.Conn are not needed: what waits for datagrams has timers.

func (c *packetConn) SetDeadline(time.Time) error      { return nil }
func (c *packetConn) SetReadDeadline(time.Time) error  { return nil }
func (c *packetConn) SetWriteDeadline(time.Time) error { return nil }
