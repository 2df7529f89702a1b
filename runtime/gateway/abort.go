package gateway

import (
	"context"
	"errors"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// muchBody is the size of a request, in bytes, that the buffers of the system
// may not take at once.
const muchBody = 64 << 10

var errAborted = errors.New("client closed connection")

// An abortion is the wait for the client to leave while the gateway waits for a
// peer. (ngx_http_upstream_rd_check_broken_connection)
type abortion struct {
	watch conn.Watch
	peer  *conn.Conn
	left  func() // leave, made once
}

// leave ends the wait for the peer.
func (a *abortion) leave() { a.peer.Cancel() }

// watched reports whether the client's leaving ends the request.
// A response that is stored or cached is read whoever waits for it.
func watched(r *httpd.Request, set *Settings) bool {
	return !set.IgnoreAbort && set.Store == nil && watchable(r) && !(set.Cache != nil && StateOf(r).cache.able)
}

// watchable reports whether there is a client that waits for r.
func watchable(r *httpd.Request) bool { return r.Client != nil && !r.InBackground() }

// watchClient has reads and writes of the peer end when the client leaves, until
// unwatch.
func (s *State) watchClient(r *httpd.Request) {
	a := &s.abort
	if a.left == nil {
		a.left = a.leave
	}
	a.peer = s.conn.Conn
	r.WatchClient(&a.watch, a.left)
}

// unwatch reports whether the client has left. The connection to the peer is
// then of no more use.
func (s *State) unwatch() bool {
	left := s.abort.watch.Stop()
	s.abort.peer = nil
	return left
}

// wait reads from the peer into b. If the client leaves before anything comes,
// errAborted is returned.
func (s *State) wait(r *httpd.Request, b *buf.Buffer, set *Settings) (int, error) {
	s.conn.SetReadTimeout(set.Read)
	if !watched(r, set) {
		return s.conn.Read(b.Room())
	}
	s.watchClient(r)
	n, err := s.conn.Read(b.Room())
	if s.unwatch() {
		return 0, errAborted
	}
	return n, err
}

// aborted says in the log that the client has left.
func aborted(r *httpd.Request, doing string) *failure {
	r.Errorf(logs.Info, "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while %s", doing)
	return &failure{OnError, 499}
}

// A dialing is the context of a connection being made: it ends with the timeout,
// or when the client leaves. Whoever connects asks for Done only if it has to wait.
type dialing struct {
	context.Context
	r     *httpd.Request
	until time.Time // zero: there is no timeout
	gone  chan struct{}
	watch conn.Watch
}

// Deadline implements context.Context.
func (d *dialing) Deadline() (time.Time, bool) { return d.until, !d.until.IsZero() }

// Done implements context.Context.
func (d *dialing) Done() <-chan struct{} {
	if d.gone == nil && d.r != nil {
		d.gone = make(chan struct{})
		d.r.WatchClient(&d.watch, func() { close(d.gone) })
	}
	return d.gone
}

// Err implements context.Context.
func (d *dialing) Err() error {
	select {
	case <-d.gone:
		return errAborted
	default:
		return nil
	}
}
