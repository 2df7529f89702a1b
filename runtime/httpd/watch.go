package httpd

import (
	"time"

	"understudy/runtime/conn"
)

// WatchClient has left called, once, if the client leaves before w is stopped. A
// client that ends its direction only has left, as for nginx where the system tells
// (ngx_http_upstream_check_broken_connection). It reports false, and does nothing,
// if nobody's leaving would matter: while explaining, and for a request that goes on
// beside a main request. Meanwhile nobody may read from the client. left must not
// wait.
func (r *Request) WatchClient(w *conn.Watch, left func()) bool {
	if r.Client == nil || r.InBackground() {
		return false
	}
	r.HTTP.watches.Start(w, r.Client, left)
	return true
}

// Sleep waits, and reports whether the client is still there afterwards.
func (r *Request) Sleep(d time.Duration) bool {
	if r.Client == nil {
		return true
	}
	var w conn.Watch
	gone := make(chan struct{})
	if r.WatchClient(&w, func() { close(gone) }) {
		defer w.Stop()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-gone:
		return false
	}
}
