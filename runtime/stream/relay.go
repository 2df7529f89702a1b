package stream

import (
	"syscall"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// packets are the two directions of a UDP session that has found its peer. What
// happens to it happens under the lock of its packetConn: a datagram of the client
// (take), one of the peer (packetPeers), a timer, the end of the generation. Methods
// that answer a Status answer Done if the session goes on; otherwise they have ended
// it, and unlock finishes it.
type packets struct {
	s    *Session
	p    *Proxy
	t    *Target
	pc   *packetConn
	peer packetPeer

	requests, responses int
	failed              bool   // reading or writing the peer, or waiting for it
	done                bool   // all that is expected has come
	last                bool   // the last of it waits to be sent
	ended               bool   // nothing is passed on any more
	status              Status // with which it ended
	unsent              []byte // what the peer had no room for; nil: nothing
	up, down            pace
	moved               conn.Clock  // when something came last
	idle                *time.Timer // of proxy_timeout
	wake                *time.Timer // of down; nil before it was needed
}

// relay has datagrams passed on, both ways, until the session has ended.
func (p *Proxy) relay(s *Session, t *Target) (st Status) {
	pc := s.packets
	now := time.Now()
	x := &packets{
		s: s, p: p, t: t, pc: pc, requests: 1, moved: conn.Now(),
		up:   pace{rate: int64(rate(s, p.Upload)), start: now, next: now},
		down: pace{rate: int64(rate(s, p.Download)), start: now, next: now},
	}
	first := pc.first
	pc.first = nil
	if p.Protocol > 0 {
		first = append(p.header(s), first...)
	}
	s.Upstream.datagrams = true
	s.Action = "proxying connection"
	pc.mu.Lock()
	defer pc.unlock()
	defer x.caught(&st)
	pc.relay = x
	x.idle = time.AfterFunc(1<<62, x.look)
	x.idle.Reset(p.Idle)
	if pc.stopped {
		return x.shutdown()
	}
	if err := pc.port.peers.add(x); err != nil {
		s.Errorf(logs.Alert, "epoll_ctl() failed%s", conn.ErrorText(err))
		return x.end(Internal)
	}
	x.up.took(len(first))
	if !x.send(first) || x.finished() {
		return x.end(Success)
	}
	return x.proceed()
}

// unlock lets go of the session's lock, and finishes the session if it has ended.
func (x *packets) unlock(st Status) {
	x.pc.unlock()
	if st != Done {
		defer x.pc.port.ended(x.pc)
		defer x.s.contain(x.s.Stream, x.s.Client)
		x.s.Finish(st)
	}
}

// end ends the session, but for what Finish does.
func (x *packets) end(st Status) Status {
	u := x.s.Upstream
	x.ended, x.status = true, st
	x.idle.Stop()
	if x.wake != nil {
		x.wake.Stop()
	}
	x.pc.forget()
	u.end() // counts before the connection is closed
	x.pc.port.peers.remove(x)
	u.conn.Close()
	outcome := upstream.OK
	if x.failed {
		outcome = upstream.Failed
	}
	if x.t.free(u, outcome) {
		x.s.Errorf(logs.Warn, "upstream server temporarily disabled")
	}
	if x.done && !x.last {
		x.summary("udp done")
	}
	return st
}

// full reports whether datagrams of the client have to wait because the peer has no
// room for them.
func (x *packets) full() bool { return x.unsent != nil || len(x.pc.waiting) > 0 }

// request passes a datagram of the client on. One that comes sooner than
// proxy_upload_rate allows is lost, as in nginx, which has no place for it.
func (x *packets) request(b []byte) (st Status) {
	defer x.caught(&st)
	if x.up.wait() > 0 {
		return Done
	}
	if !x.send(x.came(b)) || x.finished() {
		return x.end(Success)
	}
	return Done
}

// came counts a datagram of the client, and returns as much of it as nginx's buffer
// takes.
func (x *packets) came(b []byte) []byte {
	b = b[:min(len(b), x.p.Buffer)]
	x.requests++
	x.s.Client.Received += int64(len(b))
	x.moved = conn.Now()
	x.up.took(len(b))
	return b
}

// proceed passes on what has waited for the peer.
func (x *packets) proceed() (st Status) {
	defer x.caught(&st)
	if b := x.unsent; b != nil {
		x.unsent = nil
		if !x.send(b) || x.unsent == nil && x.finished() {
			return x.end(Success)
		}
	}
	for x.unsent == nil && len(x.pc.waiting) > 0 && !x.pc.forgotten.Load() {
		if !x.send(x.came(x.next())) || x.finished() {
			return x.end(Success)
		}
	}
	return Done
}

// next takes the first of the datagrams that wait.
func (x *packets) next() []byte {
	c := x.pc
	b := c.waiting[0]
	c.waiting[0] = nil
	if c.waiting = c.waiting[1:]; len(c.waiting) == 0 {
		c.waiting = nil
	}
	return b
}

func (x *packets) sleep(d time.Duration) {
	if x.wake == nil {
		x.wake = time.AfterFunc(d, x.woke)
		return
	}
	x.wake.Reset(d)
}

// woke is called when the peer may be read again.
func (x *packets) woke() {
	x.pc.mu.Lock()
	if x.ended {
		x.pc.mu.Unlock()
		return
	}
	x.read()
}

// send passes a datagram on to the peer.
func (x *packets) send(b []byte) bool {
	wait, err := x.sendPeer(b)
	switch {
	case err != nil:
		x.s.Action = "proxying and sending to upstream"
		x.s.ConnError(logs.Error, err, "sendmsg() failed")
		x.failed = true
		return false
	case wait:
		x.unsent = append([]byte{}, b...)
	default:
		x.s.Upstream.conn.Sent += int64(len(b))
	}
	return true
}

// answer takes a datagram of the peer, to be sent to the client.
func (x *packets) answer(b []byte, a *answers) Status {
	u := x.s.Upstream
	x.heard()
	u.fromPeer += int64(len(b))
	x.down.took(len(b))
	a.put(x.pc, b)
	if !x.finished() {
		if d := x.down.wait(); d > 0 {
			x.sleep(d)
		}
		return Done
	}
	// The client gets its answer when nothing remembers its session, for it may
	// ask again at once.
	x.last = true
	x.end(Success)
	x.s.end()
	return Success
}

// heard counts what the peer said.
func (x *packets) heard() {
	x.responses++
	x.moved = conn.Now()
	if t := x.s.Upstream.attempt(); t.FirstByte < 0 {
		t.FirstByte = t.sinceStart(x.moved)
	}
}

// unread is called when the peer could not be read. nginx counts it as an answer,
// and waits for others.
func (x *packets) unread(err error) Status {
	x.heard()
	x.s.Action = "proxying and reading from upstream"
	x.s.ConnError(logs.Error, err, "recv() failed")
	x.s.Action = "proxying connection"
	x.failed = true
	if x.finished() {
		return x.end(Success)
	}
	return Done
}

// answered reports whether as many datagrams have come back as are expected.
func (x *packets) answered() bool {
	return x.p.Responses >= 0 && x.responses >= x.p.Responses*x.requests
}

// finished reports whether nothing more is expected. What else the client sends, or
// has sent and was not passed on, begins other sessions as soon as that is certain.
func (x *packets) finished() bool {
	if x.p.Requests > 0 {
		if x.requests < x.p.Requests {
			return false
		}
		x.pc.forget()
	}
	if !x.answered() || x.unsent != nil {
		return false
	}
	x.pc.forget()
	x.done = true
	return true
}

func (x *packets) summary(what string) {
	u := x.s.Upstream
	x.s.Plainf(logs.Info, "%s, packets from/to client:%d/%d, bytes from/to client:%d/%d, bytes from/to upstream:%d/%d",
		what, x.requests, x.responses, x.s.Received(), x.s.Sent(), u.received(), u.sent())
}

// look is called by the idle timer, which is not stopped and started with each
// datagram: it looks how long ago the last one was, and runs on. Time in which a
// rate lets nothing move does not count.
func (x *packets) look() {
	x.pc.mu.Lock()
	if x.ended {
		x.pc.mu.Unlock()
		return
	}
	x.unlock(x.silence())
}

// silence ends the session if it has been silent for too long, and has look called
// when it may be.
func (x *packets) silence() (st Status) {
	defer x.caught(&st)
	quiet := time.Duration(conn.Now() - x.moved)
	for _, r := range []*pace{&x.up, &x.down} {
		if r.rate > 0 {
			quiet = min(quiet, -r.wait())
		}
	}
	if quiet >= x.p.Idle {
		return x.timedOut()
	}
	x.idle.Reset(x.p.Idle - quiet)
	return Done
}

// timedOut ends a session in which nothing has moved for proxy_timeout.
func (x *packets) timedOut() Status {
	if x.p.Responses < 0 || x.answered() {
		x.summary("udp timed out")
		return x.end(Success)
	}
	x.s.ConnError(logs.Error, syscall.ETIMEDOUT, "upstream timed out")
	x.failed = true
	return x.end(BadGateway)
}

// shutdown ends the session because its generation retires, or is closed.
func (x *packets) shutdown() (st Status) {
	defer x.caught(&st)
	if x.ended {
		return Done
	}
	if x.s.Stream.ctx.Err() == nil {
		x.s.Plainf(logs.Info, "disconnected on shutdown")
	}
	return x.end(Success)
}
