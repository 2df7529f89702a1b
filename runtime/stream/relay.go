package stream

import (
	"io"
	"syscall"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// packets are the two directions of a UDP session.
type packets struct {
	s    *Session
	p    *Proxy
	pc   *packetConn
	from chan []byte // of the peer; closed when reading it failed
	err  error       // why; set before from is closed

	requests, responses int
	failed              bool   // reading or writing the peer, or waiting for it
	done                bool   // all that is expected has come
	last                []byte // the answer that was the last, not yet sent
	up, down            pace
}

// A pace delays what follows a datagram by a rate.
type pace struct {
	rate  int64 // bytes a second; 0: no limit
	start time.Time
	moved int64
	next  time.Time // not before
}

// took counts n bytes.
func (r *pace) took(n int) {
	if r.rate == 0 {
		return
	}
	r.moved += int64(n)
	now := time.Now()
	wait := time.Duration(int64(n)*1000/r.rate) * time.Millisecond
	if limit := r.rate*(int64(now.Sub(r.start)/time.Second)+1) - r.moved; limit <= 0 {
		wait = max(wait, time.Duration(-limit*1000/r.rate+1)*time.Millisecond)
	}
	r.next = now.Add(wait)
}

// relay passes datagrams on, both ways, until the session has ended.
func (p *Proxy) relay(s *Session, t *Target) Status {
	u := s.Upstream
	now := time.Now()
	x := &packets{
		s: s, p: p, pc: s.packets, from: make(chan []byte), requests: 1,
		up:   pace{rate: int64(rate(s, p.Upload)), start: now},
		down: pace{rate: int64(rate(s, p.Download)), start: now},
	}
	first := x.pc.first
	x.pc.first = nil
	if p.Protocol > 0 {
		first = append(p.header(s), first...)
	}
	u.datagrams = true
	ended := make(chan struct{})
	go x.read(ended)
	st := x.run(first)
	u.end() // counts before the connection is closed
	close(ended)
	u.conn.Close()
	for range x.from { // until read has ended
	}
	x.free(t)
	if x.last != nil {
		// The client gets its answer when nothing remembers its session, for
		// it may ask again at once.
		s.end()
		x.answer(x.last)
	}
	if x.done {
		x.summary("udp done")
	}
	return st
}

// free gives the peer back.
func (x *packets) free(t *Target) {
	u := x.s.Upstream
	a := u.attempt()
	u.tried.Header, u.tried.Response = a.Connect, a.Session
	if t.FirstByte {
		u.tried.Header = a.FirstByte
	}
	outcome := upstream.OK
	if x.failed {
		outcome = upstream.Failed
	}
	if t.Group.Free(&u.tried, outcome) {
		x.s.Errorf(logs.Warn, "upstream server temporarily disabled")
	}
}

// read hands on what the peer sends.
func (x *packets) read(ended <-chan struct{}) {
	defer close(x.from)
	for {
		b := make([]byte, x.p.Buffer)
		n, err := x.s.Upstream.conn.Read(b)
		if err == io.EOF { // an empty datagram
			err = nil
		}
		if err != nil {
			x.err = err
			return
		}
		select {
		case x.from <- b[:n]:
		case <-ended:
			return
		}
	}
}

// run passes datagrams on and says how the session ended.
func (x *packets) run(first []byte) Status {
	s := x.s
	s.Action = "proxying connection"
	idle := time.NewTimer(x.p.Idle)
	defer idle.Stop()
	if !x.send(first) || x.finished() {
		return Success
	}
	from := x.from
	for {
		var wake <-chan time.Time
		in, out := x.pc.in, from
		if d := time.Until(x.up.next); d > 0 {
			in, wake = nil, time.After(d)
		}
		if d := time.Until(x.down.next); d > 0 {
			out, wake = nil, time.After(d)
		}
		select {
		case <-wake:
			continue
		case <-s.Stream.ctx.Done():
			return Success
		case <-x.pc.port.stopped:
			s.Plainf(logs.Info, "disconnected on shutdown")
			return Success
		case <-idle.C:
			return x.timedOut()
		case b := <-in:
			x.requests++
			s.Client.Received += int64(len(b))
			if !x.send(b) {
				return Success
			}
		case b, ok := <-out:
			x.responses++
			if !ok { // nginx counts it as an answer, and waits for others
				s.Action = "proxying and reading from upstream"
				s.ConnError(logs.Error, x.err, "recv() failed")
				s.Action = "proxying connection"
				x.failed, from = true, nil
				break
			}
			if x.took(b); x.finished() {
				x.last = b
				return Success
			}
			if !x.answer(b) {
				return Success
			}
		}
		if x.finished() {
			return Success
		}
		idle.Reset(x.p.Idle)
	}
}

// send passes a datagram on to the peer.
func (x *packets) send(b []byte) bool {
	x.up.took(len(b))
	if _, err := x.s.Upstream.conn.Write(b); err != nil {
		x.s.Action = "proxying and sending to upstream"
		x.s.ConnError(logs.Error, err, "send() failed")
		x.failed = true
		return false
	}
	return true
}

// took counts a datagram of the peer.
func (x *packets) took(b []byte) {
	u := x.s.Upstream
	u.fromPeer += int64(len(b))
	if a := u.attempt(); a.FirstByte < 0 {
		a.FirstByte = a.sinceStart(conn.Now())
	}
	x.down.took(len(b))
}

// answer passes a datagram on to the client.
func (x *packets) answer(b []byte) bool {
	if _, err := x.s.Client.Write(b); err != nil {
		x.s.Action = "proxying and sending to client"
		x.s.ConnError(logs.Info, err, "send() failed")
		return false
	}
	return true
}

// answered reports whether as many datagrams have come back as are expected.
func (x *packets) answered() bool {
	return x.p.Responses >= 0 && x.responses >= x.p.Responses*x.requests
}

// finished reports whether nothing more is expected.
func (x *packets) finished() bool {
	if x.p.Requests > 0 {
		if x.requests < x.p.Requests {
			return false
		}
		x.pc.forget()
	}
	if !x.answered() {
		return false
	}
	// From here on what the client sends begins another session; what has come
	// before still belongs to this one.
	x.pc.forget()
	for {
		select {
		case b := <-x.pc.in:
			x.requests++
			x.s.Client.Received += int64(len(b))
			x.send(b)
		default:
			x.done = x.answered()
			return x.done
		}
	}
}

func (x *packets) summary(what string) {
	u := x.s.Upstream
	x.s.Plainf(logs.Info, "%s, packets from/to client:%d/%d, bytes from/to client:%d/%d, bytes from/to upstream:%d/%d",
		what, x.requests, x.responses, x.s.Received(), x.s.Sent(), u.received(), u.sent())
}

// timedOut ends a session in which nothing has moved for proxy_timeout.
func (x *packets) timedOut() Status {
	if x.p.Responses < 0 || x.answered() {
		x.summary("udp timed out")
		return Success
	}
	x.s.ConnError(logs.Error, syscall.ETIMEDOUT, "upstream timed out")
	x.failed = true
	return BadGateway
}
