package stream

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/listen"
)

// maxDatagram is the largest payload of a UDP datagram, in bytes.
const maxDatagram = 65507

// queued is how many datagrams of a client wait for its session; more are lost,
// as in the socket's own queue.
const queued = 16

// A packetPort is the sessions of one UDP socket, by the addresses of both ends.
type packetPort struct {
	*Port
	pc *net.UDPConn

	stopped chan struct{} // closed when the socket is no longer read

	mu      sync.Mutex
	clients map[ends]*packetConn // guarded by mu
}

// ends are where a datagram comes from, and which address it was sent to; the
// latter is not valid on sockets that have but one.
type ends struct {
	remote netip.AddrPort
	local  netip.Addr
}

// ServeUDP reads the datagrams of a socket until the block is retired, and has
// each client's served by a session of its own.
func (p *Port) ServeUDP(sock *listen.Socket) {
	pc, err := sock.UDP()
	if err != nil {
		return // the socket has been closed meanwhile
	}
	defer pc.Close()
	wild := netip.MustParseAddrPort(sock.Addr).Addr().IsUnspecified()
	if wild {
		wild = wantLocal(pc) == nil
	}
	stop := p.Stream.onRetire(func() { pc.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	u := &packetPort{Port: p, pc: pc, clients: map[ends]*packetConn{}, stopped: make(chan struct{})}
	buf := make([]byte, maxDatagram)
	var oob []byte
	if wild {
		oob = make([]byte, 128)
	}
	var sessions sync.WaitGroup
	defer sessions.Wait()
	for {
		n, m, _, from, err := pc.ReadMsgUDPAddrPort(buf, oob)
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
				close(u.stopped)
				return
			}
			continue // of an ICMP message about something that was sent
		}
		e := ends{remote: from}
		if wild {
			e.local = localOf(oob[:m])
		}
		if c := u.deliver(e, buf[:n]); c != nil {
			sessions.Go(func() { u.begin(c, sock) })
		}
	}
}

// deliver gives a datagram to the session of its client; if there is none, it
// returns what one begins with.
func (u *packetPort) deliver(e ends, p []byte) *packetConn {
	p = append([]byte{}, p...)
	u.mu.Lock()
	defer u.mu.Unlock()
	c := u.clients[e]
	if c != nil {
		select {
		case c.in <- p:
		default:
		}
		return nil
	}
	c = &packetConn{port: u, ends: e, in: make(chan []byte, queued), gone: make(chan struct{})}
	c.first = p
	u.clients[e] = c
	return c
}

func (u *packetPort) begin(pc *packetConn, sock *listen.Socket) {
	c := conn.New(pc)
	c.Serial = sock.NextSerial()
	c.Received = int64(len(pc.first))
	u.Port.serve(c, pc)
}

// A packetConn is the datagrams of one client, as a connection.
type packetConn struct {
	port  *packetPort
	ends  ends
	first []byte
	in    chan []byte
	once  sync.Once
	gone  chan struct{} // closed by Close
}

// forget has the next datagram of the client begin another session.
func (c *packetConn) forget() {
	u := c.port
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.clients[c.ends] == c {
		delete(u.clients, c.ends)
	}
}

// Close implements net.Conn.
func (c *packetConn) Close() error {
	c.once.Do(func() {
		c.forget()
		close(c.gone)
	})
	return nil
}

// Write implements net.Conn: p is a datagram.
func (c *packetConn) Write(p []byte) (int, error) {
	var oob []byte
	if c.ends.local.IsValid() {
		oob = fromLocal(c.ends.local)
	}
	n, _, err := c.port.pc.WriteMsgUDPAddrPort(p, oob, c.ends.remote)
	return n, err
}

// Read implements net.Conn: it returns what one datagram has.
func (c *packetConn) Read(p []byte) (int, error) {
	if c.first != nil {
		n := copy(p, c.first)
		c.first = nil
		return n, nil
	}
	select {
	case b := <-c.in:
		return copy(p, b), nil
	case <-c.port.stopped:
		return 0, net.ErrClosed
	case <-c.gone:
		return 0, net.ErrClosed
	}
}

// RemoteAddr implements net.Conn.
func (c *packetConn) RemoteAddr() net.Addr { return net.UDPAddrFromAddrPort(c.ends.remote) }

// LocalAddr implements net.Conn.
func (c *packetConn) LocalAddr() net.Addr {
	a := c.port.pc.LocalAddr().(*net.UDPAddr)
	if c.ends.local.IsValid() {
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.ends.local, a.AddrPort().Port()))
	}
	return a
}

// The deadlines of net.Conn are not needed: what reads datagrams has timers.

func (c *packetConn) SetDeadline(time.Time) error      { return nil }
func (c *packetConn) SetReadDeadline(time.Time) error  { return nil }
func (c *packetConn) SetWriteDeadline(time.Time) error { return nil }
