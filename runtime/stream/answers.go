package stream

import "sync"

// Answers are sent together. Their number and bytes are limited, so that the first
// does not wait for long, and what they take stays in the processor's cache.
const (
	mostAnswers = 32
	answersSize = 128 << 10 // bytes of the datagrams; more if proxy_buffer_size is
)

// answers are datagrams of peers on their way to clients. The sessions they belong
// to stay locked until they are sent.
type answers struct {
	in   *packetSocket
	list []answer
	held []*packets // locked
	room []byte     // datagrams are read into it
	used int
	mm   messages
}

// An answer is one datagram.
type answer struct {
	to   *packetConn
	data []byte
	err  error // of sending it
}

var answersPool = sync.Pool{New: func() any { return &answers{list: make([]answer, 0, mostAnswers)} }}

func newAnswers(in *packetSocket) *answers {
	a := answersPool.Get().(*answers)
	a.in = in
	return a
}

// free is called when all has been sent, and no session is held.
func (a *answers) free() {
	clear(a.list)
	a.list, a.in, a.used = a.list[:0], nil, 0
	answersPool.Put(a)
}

// put adds a datagram, which is not copied.
func (a *answers) put(to *packetConn, data []byte) {
	a.list = append(a.list, answer{to: to, data: data})
}

// space returns room to read up to n datagrams of size bytes into, one after the
// other.
func (a *answers) space(n, size int) []byte {
	if len(a.room) < size {
		a.room = make([]byte, max(answersSize, size))
	}
	return a.room[a.used:min(a.used+n*size, len(a.room))]
}

// fits reports whether there is space for another datagram.
func (a *answers) fits(size int) bool {
	return len(a.list) < mostAnswers && (a.used == 0 || a.used+size <= len(a.room))
}

// keep returns what was read into space, moved to where the space began, and takes
// it off the space.
func (a *answers) keep(b []byte) []byte {
	n := copy(a.room[a.used:], b)
	b = a.room[a.used : a.used+n : a.used+n]
	a.used += n
	return b
}

// hold keeps a locked session until its answers are sent; if it has none, it is
// unlocked.
func (a *answers) hold(x *packets) {
	if n := len(a.list); n > 0 && a.list[n-1].to == x.pc {
		a.held = append(a.held, x)
		return
	}
	x.unlock(x.outcome())
}

// flush sends all, and lets the sessions go on.
func (a *answers) flush() {
	if len(a.list) > 0 {
		a.in.sendAll(a)
	}
	for i := range a.list {
		a.list[i].to.relay.sent(&a.list[i])
	}
	for _, x := range a.held {
		x.unlock(x.outcome())
	}
	clear(a.list)
	clear(a.held)
	a.list, a.held, a.used = a.list[:0], a.held[:0], 0
}

// sent is told what came of an answer.
func (x *packets) sent(a *answer) (st Status) {
	defer x.caught(&st)
	if a.err != nil {
		x.unanswered(a.err)
	} else {
		x.s.Client.Sent += int64(len(a.data))
	}
	return Done
}

// unanswered ends a session whose client cannot be sent to, if nothing else has.
func (x *packets) unanswered(err error) {
	if x.ended && !x.last {
		return
	}
	x.s.Action = "proxying and sending to client"
	x.s.SendError(err)
	x.last = false
	if !x.ended {
		x.end(Success)
	}
}

// outcome is what methods have answered: whether the session has ended, and how. It is
// asked when all answers have been sent.
func (x *packets) outcome() (st Status) {
	defer x.caught(&st)
	if !x.ended {
		return Done
	}
	if x.last {
		x.last = false
		x.summary("udp done")
	}
	return x.status
}
