package httpd

import (
	"sync"
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/logs"
)

// A subrequest is what a request knows that was made by another one.
type subrequest struct {
	access     bool    // the access phase applies
	background bool    // it runs beside its main request
	memory     *memory // takes the body of one that is kept; nil otherwise
	done       func(*Request, Status) Status
	panicked   bool            // in the background
	head       *h1.RequestHead // its own, while it has its main request's
	slots      slots           // likewise
}

// SubOptions says how a subrequest is made.
type SubOptions struct {
	// HeadOnly says that nobody wants the body.
	HeadOnly bool

	// Memory keeps the body, which may not be longer than
	// subrequest_output_buffer_size: see Kept. The body cannot have parts that
	// are subrequests themselves.
	Memory bool

	// Done, if not nil, is called with what the subrequest is about to be
	// finished with, before the page for that status is made: more than once
	// if there is such a page. What it returns counts instead.
	Done func(s *Request, st Status) Status
}

// Sub makes a request for uri on behalf of r, in r's server, and waits for it.
// It returns its status, or Aborted if r has to be given up with it. If o does
// not say otherwise its body becomes part of r's. Then done is called, unless it
// is nil, with the subrequest, which lives as long as r: variables, which both
// share, may hold parts of it. (ngx_http_subrequest)
func (r *Request) Sub(uri, args []byte, o SubOptions, done func(*Request)) Status {
	if !r.mayAsk(uri) {
		return 500
	}
	if r.parts.run() != nil { // they come first
		return Aborted
	}
	r.debugURI("http subrequest", uri, args)
	s := r.child(uri, args, o)
	st := s.process()
	if st == Aborted {
		return st
	}
	if done != nil {
		done(s)
	}
	return s.Resp.Status
}

// Post asks for uri as Sub does, but not before the step or writer that is at
// work has returned: the body of the subrequest stands where r's is when Post is
// called. It is for filters with Parts only. It reports whether that is possible.
func (r *Request) Post(uri, args []byte, o SubOptions) bool {
	if r.parts == nil || !r.mayAsk(uri) {
		return false
	}
	r.parts.post(uri, args, o)
	return true
}

// Await runs what was posted. An error means that r has to be given up.
func (r *Request) Await() error { return r.parts.run() }

// AtEnd has f called when the body of r has passed the filters that are about
// it, and before that of the response ends: f may add to it with Again. It is for
// filters with Parts only, and not for subrequests.
func (r *Request) AtEnd(f func() error) { r.parts.last = f }

// Again asks what r asks, on its behalf, once more: the subrequest begins with
// the content, where r has come to. Its body follows r's. It is passed to prepare
// first. An error means that r has to be given up. (NGX_HTTP_SUBREQUEST_CLONE)
func (r *Request) Again(prepare func(s *Request)) error {
	if !r.mayAsk(r.URI) {
		return ErrPart
	}
	s := r.clone(SubOptions{})
	prepare(s)
	if s.processed(s.content()) == Aborted {
		return ErrPart
	}
	r.Main().subs-- // it is over, and a file may have any number of slices
	return nil
}

// HasOutput reports whether anything of the body of r was written, by whoever
// makes it.
func (r *Request) HasOutput() bool { return r.hasOutput }

// Background makes a request for uri with r's method, beside r, which does not
// end before it. It has its own copy of the variables, and nobody reads what it
// is answered. The body of r has to be in memory or a file, if it is wanted.
func (r *Request) Background(uri, args []byte) {
	if !r.mayAsk(uri) {
		return
	}
	s := r.child(uri, args, SubOptions{HeadOnly: true})
	s.Method, s.MethodID = r.Method, r.MethodID
	s.aside(r)
	r.Main().background.Go(func() {
		defer s.contain()
		s.process()
	})
}

// RepeatInBackground asks what r asks once more, beside r, which does not end before
// it: the request begins with the content. Nobody reads what it is answered. It
// reports whether that is possible.
func (r *Request) RepeatInBackground() bool {
	if !r.mayAsk(r.URI) {
		return false
	}
	s := r.clone(SubOptions{HeadOnly: true})
	s.aside(r)
	r.Main().background.Go(func() {
		defer s.contain()
		s.processed(s.content())
	})
	return true
}

// clone makes a subrequest that begins where r has come to.
func (r *Request) clone(o SubOptions) *Request {
	s := r.child(r.URI, r.Args, o)
	s.Method, s.MethodID, s.ValidTarget = r.Method, r.MethodID, r.ValidTarget
	s.Loc, s.left = r.Loc, r.left
	s.caps, s.capSubject = append(s.caps[:0], r.caps...), r.capSubject
	return s
}

// aside makes s, a subrequest of r, one that runs beside it.
func (s *Request) aside(r *Request) {
	s.sub.background = true
	own := make(slots, len(r.slots))
	copy(own, r.slots)
	s.slots = own
	m := r.Main()
	m.RequestID() // now, because two may ask for it later
	if m.background == nil {
		m.background = new(sync.WaitGroup)
	}
}

// InBackground reports whether r runs beside its main request, whose connection
// it has to leave alone then.
func (r *Request) InBackground() bool {
	for ; r.Parent != nil; r = r.Parent {
		if r.sub.background {
			return true
		}
	}
	return false
}

func (r *Request) awaitBackground() {
	if r.background != nil {
		r.background.Wait()
	}
}

const (
	// maxSubDepth is nginx's NGX_HTTP_MAX_SUBREQUESTS, with which a request
	// may be one deeper.
	maxSubDepth = 50 + 1

	// maxSubs is how many subrequests one request may have. nginx counts those
	// that live at the same time.
	maxSubs = 65535 - 1000
)

// mayAsk reports whether r may have another subrequest.
func (r *Request) mayAsk(uri []byte) bool {
	switch {
	case r.subDepth >= maxSubDepth:
		r.Errorf(logs.Error, "subrequests cycle while processing \"%s\"", uri)
	case r.Main().subs >= maxSubs:
		r.Errorf(logs.Crit, "request reference counter overflow while processing \"%s\"", uri)
	case r.sub != nil && r.sub.memory != nil:
		r.Errorf(logs.Error, "nested in-memory subrequest \"%s\"", uri)
	default:
		r.Main().subs++
		return true
	}
	return false
}

// child makes a subrequest of r.
func (r *Request) child(uri, args []byte, o SubOptions) *Request {
	s := r.HTTP.request()
	s.sub = &subrequest{done: o.Done, head: s.Head, slots: s.slots}
	s.Head, s.slots = r.Head, r.slots
	s.Client, s.Addr, s.Server, s.Loc = r.Client, r.Addr, r.Server, r.Server.Root
	s.local, s.verbose = r.local, r.verbose
	s.Parent, s.subDepth = r, r.subDepth+1
	if o.Memory {
		s.sub.memory = new(memory)
	}
	s.Start, s.RealIP = time.Now(), append(s.RealIP[:0], r.RealIP...)
	s.Method, s.MethodID, s.HeadOnly = methodGET, GET, o.HeadOnly
	s.URI, s.Args, s.Host, s.HostPort, s.Minor, s.Old = uri, args, r.Host, r.HostPort, r.Minor, r.Old
	s.Target = r.Target
	s.Internal, s.expectDone = true, true
	s.changes = maxChanges + 1
	s.Body.share(&r.Body)
	s.trace = r.trace
	r.made = append(r.made, s)
	return s
}

// giveBack is release for s, a subrequest.
func (s *Request) giveBack() {
	if s.sub.panicked {
		s.fail()
		return
	}
	s.slots, s.Head = s.sub.slots, s.sub.head
	s.in, s.headBuf = nil, nil
	s.Body.File, s.Body.store = nil, nil // they are the main request's
	s.release()
}

// share lets b be a body that another request has read: for what proxies in a
// subrequest. Of one that nobody has read only its length is known.
func (b *Body) share(of *Body) {
	b.ended, b.read = true, true
	switch {
	case of.discarding:
		b.Announced = min(of.Announced, 0)
	case !of.read || !of.Buffered():
		b.Announced = of.Announced
	default:
		if of.Chunked || of.Announced >= 0 {
			b.Announced = of.Length
		}
		b.Length, b.Data, b.File = of.Length, of.Data, of.File
	}
}

// process runs a subrequest to its end. It returns Aborted if the main request
// has to be given up.
func (r *Request) process() Status { return r.processed(r.resume(Redirected)) }

// processed ends a subrequest that was answered with a status.
func (r *Request) processed(st Status) Status {
	st = r.conclude(st)
	if st != Aborted && r.parts.run() != nil {
		st = Aborted
	}
	if st == Aborted && !r.sub.background {
		m := r.Main()
		m.Keepalive = false
		if m.out.err == nil {
			m.out.err = errGone
		}
		return st
	}
	if r.Loc.LogSubrequest {
		r.log()
	}
	r.logged = true
	return st
}

// conclude is finish for subrequests: a response that cannot be sent ends the
// main request too, and Done is asked each time there is something to finish
// with. (ngx_http_finalize_request)
func (r *Request) conclude(st Status) Status {
	for {
		if st == Redirected || st == Entered {
			st = r.resume(st)
		}
		if r.sub.done != nil {
			st = r.sub.done(r, st)
		}
		switch {
		case st == 444, st == 499, st == 408:
			if m := r.Main(); !r.InBackground() && m.BytesSent() == 0 {
				m.Resp.Status = st // as the log will have it
			}
			return Aborted
		case st == Aborted:
			return Aborted
		case (st >= 300 || st == 201 || st == 204) && !r.Resp.sent:
			st = r.special(st)
		default:
			return st
		}
	}
}

// postAction asks for what post_action names, and lets the log speak of that
// as nginx does. It reports whether there was any.
func (r *Request) postAction() bool {
	to := r.Loc.PostAction
	if to == "" || r.logged {
		return false
	}
	s := r.HTTP.request()
	s.sub = &subrequest{access: true, head: s.Head, slots: s.slots}
	r.made = append(r.made, s)
	s.Head, s.slots = r.Head, r.slots
	s.Client, s.Addr, s.Server, s.Loc = r.Client, r.Addr, r.Server, r.Server.Root
	s.Parent, s.subDepth = r, r.subDepth+1
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
	return true
}
