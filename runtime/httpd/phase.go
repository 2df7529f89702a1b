package httpd

import (
	"understudy/runtime/logs"
)

// serve takes r through the phases and returns what to finish it with.
func (r *Request) serve() Status {
	if st := r.admit(); st != OK {
		return st
	}
	if len(r.Loc.EarlyRead) > 0 && r.Any(r.Loc.EarlyRead) {
		if st := r.tooLarge(); st != OK {
			return st
		}
		if st := r.ReadBody(); st != OK {
			return st
		}
	}
	if st := r.phase("post-read", r.Server.PostRead); st != OK {
		return st
	}
	return r.resume(Redirected)
}

// resume goes on where a status says: with the server's rewrites or, for
// Entered, in the named location r.Loc has become.
func (r *Request) resume(st Status) Status {
	for {
		switch st {
		case Redirected:
			r.Loc = r.Server.Root
			r.uriChanged, r.moved = false, false
			r.Quoting = true
			st = r.phase("server-rewrite", r.Server.Rewrite)
			if st == OK {
				st = r.locate()
			}
		case Entered:
			r.uriChanged, r.left = false, nil
			r.settle()
			st = r.rewrite()
			if st == Rewritten {
				st = r.locate()
			}
		default:
			return st
		}
	}
}

// locate settles r in a location and runs the rest of its phases.
func (r *Request) locate() Status {
	for {
		r.uriChanged, r.left = false, nil
		r.Loc = r.Server.Root
		redirect, st := r.find(r.Server.Root)
		if st >= 400 {
			return st
		}
		r.located()
		if !r.Internal && r.Loc.Internal {
			r.note("the location is internal: no client may ask for it")
			return 404
		}
		r.debugLocation()
		r.settle()
		if st := r.tooLarge(); st != OK {
			return st
		}
		if redirect {
			to := append(r.Alloc(len(r.Loc.Name)+1+len(r.Args)), r.escapedName()...)
			if len(r.Args) > 0 {
				to = append(append(to, '?'), r.Args...)
			}
			r.Resp.SetLocation(to)
			return 301
		}
		if st = r.rewrite(); st != Rewritten {
			return st
		}
	}
}

// rewrite runs the location's rewrites and then, unless they changed the URI,
// the phases that follow.
func (r *Request) rewrite() Status {
	r.Quoting = true
	st := r.phase("rewrite", r.Loc.Rewrite)
	switch {
	case st != OK:
		return st
	case !r.uriChanged:
		return r.answer()
	}
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "uri changes: %d", r.changes)
	}
	r.changes--
	if r.changes == 0 {
		r.Errorf(logs.Error, "rewrite or internal redirection cycle while processing \"%s\"", r.URI)
		r.cycle()
		return 500
	}
	r.hop(r.URI)
	return Rewritten
}

// tooLarge refuses a request that announces a larger body than the location takes.
func (r *Request) tooLarge() Status {
	if max := r.Loc.MaxBody; max > 0 && r.Parent == nil && r.Body.Announced > max && !r.Body.discarding {
		r.Errorf(logs.Error, "client intended to send too large body: %d bytes", r.Body.Announced)
		r.Blame("body-too-large", "client_max_body_size", Fact{"bytes", r.Body.Announced}, Fact{"limit", max})
		r.expectDone = true
		r.DiscardBody()
		r.note("client_max_body_size is %d here", max)
		return 413
	}
	return OK
}

// settle applies what the location says about the connection.
func (r *Request) settle() {
	if l := r.Loc; l.ExceptMethods&r.MethodID != 0 {
		r.note("limit_except (%s) applies to %s", l.Except.Pos, r.Method)
		r.Loc = l.Except
	}
	l := r.Loc
	if r.Keepalive && r.Client != nil && r.Parent == nil {
		switch {
		case l.KeepaliveTimeout == 0,
			r.Client.Requests >= l.KeepaliveRequests,
			r.Start.Sub(r.Client.Accepted) > l.KeepaliveTime,
			l.KeepaliveDisable != 0 && r.misbehaves(l.KeepaliveDisable):
			r.Keepalive = false
		}
	}
}

// answer runs the phases that follow once the location is settled.
func (r *Request) answer() Status {
	if st := r.phase("preaccess", r.Loc.PreAccess); st != OK {
		return st
	}
	if len(r.Loc.Access) > 0 {
		if st := r.access(); st == 401 || st == 407 {
			return r.delayed(st)
		} else if st != OK {
			return st
		}
	}
	if st := r.phase("precontent", r.Loc.PreContent); st != OK {
		return st
	}
	return r.content()
}

// delayed waits before a refusal that asks for a password.
func (r *Request) delayed(st Status) Status {
	if d := r.Loc.AuthDelay; d > 0 && r.trace == nil {
		r.Errorf(logs.Info, "delaying unauthorized request")
		if !r.Sleep(d) {
			return 499
		}
	}
	return st
}

// Any reports whether one of the conditions holds: its value is neither empty
// nor "0". Without any, none holds.
func (r *Request) Any(conditions []*Template) bool {
	for _, t := range conditions {
		if v := r.Eval(t); len(v) > 1 || len(v) == 1 && v[0] != '0' {
			return true
		}
	}
	return false
}

// access asks the access steps. With "satisfy any" one that allows is enough,
// and the first refusal counts only if nobody allows.
func (r *Request) access() Status {
	if r.Parent != nil && !r.sub.access {
		return OK
	}
	if r.Loc.Satisfy == SatisfyAll {
		for i := range r.Loc.Access {
			r.debugStep("access", i)
			if st := r.step("access", &r.Loc.Access[i]); st != Declined && st != OK {
				return st
			}
		}
		return OK
	}
	refused := OK
	for i := range r.Loc.Access {
		r.debugStep("access", i)
		switch st := r.step("access", &r.Loc.Access[i]); {
		case st == OK:
			r.Resp.Headers.DelID(r.challenge())
			return OK
		case st == 401 || st == 403 || st == 407:
			if refused != 401 && refused != 407 {
				refused = st
			}
		case st != Declined:
			return st
		}
	}
	if refused == 403 {
		r.Errorf(logs.Error, "access forbidden by rule")
	}
	return refused
}

// phase runs steps until one does not decline.
func (r *Request) phase(name string, steps []Step) Status {
	for i := range steps {
		r.debugStep(name, i)
		if st := r.step(name, &steps[i]); st != Declined {
			return st
		}
	}
	return OK
}

// Run runs the steps of a block that a step stands for ("if").
func (r *Request) Run(steps []Step) Status {
	for i := range steps {
		if st := r.step("rewrite", &steps[i]); st != Declined {
			return st
		}
	}
	return Declined
}

func (r *Request) content() Status {
	if r.Loc.Content != nil {
		r.debugStep("content", 0)
		return r.step("content", r.Loc.Content)
	}
	if r.left != nil {
		if !r.left.Bound {
			return r.step("content", r.left)
		}
		r.Errorf(logs.Alert, "no upstream configuration")
		return 500
	}
	if st := r.outside(); st != OK {
		return st
	}
	for i := range r.Loc.Contents {
		r.debugStep("content", i)
		if st := r.step("content", &r.Loc.Contents[i]); st != Declined {
			return st
		}
	}
	if n := len(r.URI); n > 0 && r.URI[n-1] == '/' {
		if path := r.Path(r.URI); path != nil {
			r.Errorf(logs.Error, "directory index of \"%s\" is forbidden", path)
			r.noIndex(path)
		}
		return 403
	}
	r.Errorf(logs.Error, "no handler found")
	return 404
}

// step runs s, or when r is being explained says what s would do.
func (r *Request) step(phase string, s *Step) Status {
	if r.trace == nil {
		st := s.Run(r)
		if st >= 400 {
			r.answered(s)
		}
		return st
	}
	return r.trace.step(r, phase, s)
}

// Within makes l, a nameless location, the one in force for the rest of the
// request, until the URI changes.
func (r *Request) Within(l *Location) {
	if r.Loc.Match == Nameless && r.Loc.Content != nil {
		r.left = r.Loc.Content
	}
	r.Loc = l
	r.settle()
}
