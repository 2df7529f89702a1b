//go:build !linux

package stream

import (
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"understudy/runtime/listen"
)

// Away from Linux datagrams are moved one by one, by net, and each session has a
// goroutine that waits for its peer.

// ends are where a datagram comes from.
type ends struct{ from netip.AddrPort }

func (e *ends) unixPath() string { return "" }
func (e *ends) anonymous() bool  { return false }
func (e *ends) control() []byte  { return nil }
func (e *ends) remote() net.Addr { return net.UDPAddrFromAddrPort(e.from) }

// messages are nothing here.
type messages struct{}

// A packetSocket is a listening socket of datagrams.
type packetSocket struct {
	pc      *net.UDPConn
	stopped atomic.Bool
}

func newPacketSocket(sock *listen.Socket) (*packetSocket, error) {
	pc, err := sock.UDP()
	if err != nil {
		return nil, err
	}
	return &packetSocket{pc: pc}, nil
}

func (s *packetSocket) stop() {
	s.stopped.Store(true)
	s.pc.SetReadDeadline(time.Unix(1, 0))
}

func (s *packetSocket) close() { s.pc.Close() }

func (s *packetSocket) localAddr(*ends) net.Addr { return s.pc.LocalAddr() }

// receive hands datagrams on until stop.
func (s *packetSocket) receive(u *packetPort) {
	b := make([]byte, 1<<16)
	for !s.stopped.Load() {
		n, from, err := s.pc.ReadFromUDPAddrPort(b)
		switch {
		case err == nil:
			u.deliver(&ends{from}, b[:n])
		case errors.Is(err, net.ErrClosed):
			return
		}
	}
}

// sendAll sends answers, and notes which could not be.
func (s *packetSocket) sendAll(a *answers) {
	for i := range a.list {
		_, a.list[i].err = s.pc.WriteToUDPAddrPort(a.list[i].data, a.list[i].to.ends.from)
	}
}

// packetPeers has nothing to keep here.
type packetPeers struct{}

// A packetPeer is the socket to the peer of a session.
type packetPeer struct{ gone chan struct{} } // closed when the session has ended

func (s *packetPeers) add(x *packets) error {
	x.peer.gone = make(chan struct{})
	go x.wait(x.s.Upstream.conn.NetConn(), x.peer.gone)
	return nil
}

func (s *packetPeers) remove(x *packets) {
	if x.peer.gone != nil {
		close(x.peer.gone)
	}
}

func (s *packetPeers) close() {}

// wait reads what the peer sends.
func (x *packets) wait(nc net.Conn, gone <-chan struct{}) {
	b := make([]byte, x.p.Buffer)
	for {
		n, err := nc.Read(b)
		x.pc.mu.Lock()
		for !x.ended && x.down.wait() > 0 {
			d := x.down.wait()
			x.pc.mu.Unlock()
			select {
			case <-gone:
			case <-time.After(d):
			}
			x.pc.mu.Lock()
		}
		if x.ended {
			x.pc.mu.Unlock()
			return
		}
		a := newAnswers(x.pc.port.in)
		x.got(b[:n], err, a)
		a.hold(x)
		a.flush()
		a.free()
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

func (x *packets) got(b []byte, err error, a *answers) (st Status) {
	defer x.caught(&st)
	if err != nil {
		return x.unread(err)
	}
	return x.answer(b, a)
}

// read is called when a pace lets something move again: wait does so by itself.
func (x *packets) read() { x.unlock(Done) }

// sendPeer sends a datagram to the peer. It waits while there is no room for it.
func (x *packets) sendPeer(b []byte) (wait bool, err error) {
	_, err = x.s.Upstream.conn.NetConn().Write(b)
	return false, err
}
