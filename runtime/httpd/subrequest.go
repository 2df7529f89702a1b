package httpd

// A subrequest is what a request knows that was made by another one.
type subrequest struct {
	access bool   // access phase applies
	out    Writer // where its body goes; nil: nowhere
}

func (s *subrequest) writer(r *Request) Writer {
	if s.out == nil {
		return discard{}
	}
	return s.out
}

// discard drops a body.
type discard struct{}

func (discard) Write([]byte) error            { return nil }
func (discard) File(File, int64, int64) error { return nil }
func (discard) Flush() error                  { return nil }
func (discard) Close() error                  { return nil }

// A SubOptions says how a subrequest is made.
type SubOptions struct {
	Out    Writer // gets the body, without the response's head; nil: dropped
	Method Method // GET if zero
	Access bool   // ask the access steps

	// HeadOnly says that nobody wants the body.
	HeadOnly bool
}

// Sub makes a request for uri on behalf of r, in r's server, and returns its
// status. The response head is in the request that done is called with, which
// lives as long as r: variables, which are r's own, may hold parts of it.
func (r *Request) Sub(uri, args []byte, o SubOptions, done func(*Request)) Status {
	if r.subDepth >= maxSubDepth {
		r.Errorf(levelError, "subrequests cycle while processing %q", uri)
		return 500
	}
	s := r.HTTP.request()
	own := s.Head
	s.Head = r.Head
	s.Client, s.Addr, s.Server, s.Loc = r.Client, r.Addr, r.Server, r.Server.Root
	s.Parent, s.sub, s.subDepth = r, &subrequest{access: o.Access, out: o.Out}, r.subDepth+1
	s.Start, s.RealIP = r.Start, append(s.RealIP[:0], r.RealIP...)
	s.Method, s.MethodID = methodGET, GET
	if o.Method == HEAD {
		s.Method, s.MethodID, s.HeadOnly = []byte("HEAD"), HEAD, true
	}
	s.HeadOnly = s.HeadOnly || o.HeadOnly
	s.URI, s.Args, s.Host, s.Minor, s.Old = uri, args, r.Host, r.Minor, r.Old
	s.Target = r.Target
	s.Internal = true
	s.changes = maxChanges + 1
	shared := s.slots
	s.slots = r.slots // variables are those of the main request
	s.Body.ended = true
	s.trace = r.trace
	s.finish(s.resume(Redirected))
	st := s.Resp.Status
	if done != nil {
		done(s)
	}
	if s.Loc.LogSubrequest {
		s.log()
	}
	s.logged = true
	r.OnEnd(func() {
		s.slots, s.Head = shared, own
		s.in, s.headBuf = nil, nil
		s.release()
	})
	return st
}

// maxSubDepth is nginx's NGX_HTTP_MAX_SUBREQUESTS.
const maxSubDepth = 50

// postAction asks for what post_action names, and lets the log speak of that
// as nginx does. It reports whether there was any.
func (r *Request) postAction() bool {
	to := r.Loc.PostAction
	if to == "" || r.logged {
		return false
	}
	s := r.HTTP.request()
	own, shared := s.Head, s.slots
	s.Head, s.slots = r.Head, r.slots
	s.Client, s.Addr, s.Server, s.Loc = r.Client, r.Addr, r.Server, r.Server.Root
	s.Parent, s.sub, s.subDepth = r, &subrequest{access: true}, r.subDepth+1
	s.Start, s.RealIP = r.Start, append(s.RealIP[:0], r.RealIP...)
	s.Method, s.MethodID, s.HeadOnly = r.Method, r.MethodID, true
	s.URI, s.Host, s.Minor, s.Old, s.Target = r.URI, r.Host, r.Minor, true, r.Target
	s.Internal, s.changes = true, maxChanges+1
	s.Body.ended, s.Body.read = true, true
	s.errStatus = r.errStatus
	st := Redirected
	if to[0] == '/' {
		s.URI = r.CopyString(to)
	} else {
		s.Args = r.Args
		st = s.Enter(r.CopyString(to))
	}
	s.finish(s.resume(st))
	s.Resp.HeaderSize = r.Resp.HeaderSize
	s.log()
	r.logged = true
	s.slots, s.Head = shared, own
	s.in, s.headBuf = nil, nil
	s.release()
	return true
}
