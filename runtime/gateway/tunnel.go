package gateway

import (
	"time"

	"understudy/runtime/httpd"
)

// Connect joins the client of r, whose method is CONNECT, to a peer of to:
// nothing is said to the peer, and the client is answered 200 once it is
// connected (RFC 9110, 9.3.6). It returns what Forward returns.
//
// https://nginx.org/en/docs/http/ngx_http_tunnel_module.html
func Connect(r *httpd.Request, to Target, set *Settings) httpd.Status {
	s := beginPass(r, set)
	if s.buf != nil {
		s.buf.Reset() // of an earlier response; its fields stay
	}
	s.beginTries(r, to, set)
	for {
		began := time.Now()
		peer := s.pick(r, to)
		if peer == nil {
			return 502
		}
		f := s.connect(r, to, peer, set, began)
		if f == nil {
			r.Resp.Status, r.Resp.Length = 200, -1
			return s.upgrade(r, to.Group, set, began)
		}
		s.attempt().Response = time.Since(began)
		if st, again := s.next(r, to.Group, set, *f); !again {
			return st
		}
	}
}
