package gateway

import (
	"errors"
	"strconv"
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// respond passes the response on to the client.
func (s *State) respond(r *httpd.Request, g *upstream.Group, p *Protocol, set *Settings, began time.Time) httpd.Status {
	s.cache.able = s.cache.able && !s.cache.noCache && !s.cache.expired
	if v := s.accelHead(r, set); v != nil {
		return s.accelRedirect(r, g, v, set, began)
	}
	s.copyHead(r, set)
	if s.Upgrade {
		if r.Parent != nil {
			r.Errorf(logs.Error, "connection upgrade in subrequest")
			s.attempt().Response = time.Since(began)
			s.finish(g, set, false)
			return httpd.Aborted
		}
		if s.cache.entry != nil {
			s.cache.entry.Close()
		}
		return s.upgrade(r, g, set, began)
	}
	buffering := set.Buffering
	if v := s.Head.Get(header.XAccelBuffering); v != nil && set.Ignore&IgnoreBuffering == 0 {
		switch {
		case header.EqualFold(v, []byte("yes")):
			buffering = true
		case header.EqualFold(v, []byte("no")):
			buffering = false
		}
	}
	s.began = began
	if st := r.SendHeader(); st != httpd.OK {
		s.attempt().Response = time.Since(began)
		s.finish(g, set, false)
		return st
	}
	if !buffering && r.Parent == nil {
		r.SetRate(0) // what comes passes at once, whatever limit_rate says
	}
	if set.LimitRate != nil {
		s.rate, s.rated, s.rateStart = r.SizeOf(set.LimitRate), int64(s.buf.Len()), time.Now()
	}
	if set.Cache != nil {
		s.keepResponse(r, set, buffering)
	}
	st, keep, whole := httpd.Done, s.Keep, true
	if s.NoBody || r.HeadOnly && s.copy.f == nil {
		// What nobody wants, such as the body of an answer to auth_request or
		// mirror, is not waited for.
		keep = s.reusable()
		s.kept(r, nil)
	} else {
		if s.copy.deaf = r.HeadOnly; r.HeadOnly {
			r.Flush() // the client waits for no more than the head
		}
		err := s.relay(r, set, buffering)
		keep = keep && s.Body.Whole() && s.buf.Len() == 0
		whole = err == nil
		switch {
		case whole:
		case errors.Is(err, errClient):
			keep, st = false, httpd.Aborted
		case errors.Is(err, errInvalid):
			keep, st = false, r.Drop()
		default:
			keep = false
			st = r.Broken()
		}
	}
	if s.conn != nil {
		s.attempt().Response = time.Since(began)
		s.finish(g, set, keep)
	}
	if r.Parent != nil && s.headBuf != nil && !set.PassTrailers { // the state stays until the main request ends, and there may be many
		s.buf.Free()
		s.buf = nil
	}
	if whole {
		r.End() // for which the peer may be asked again (slice)
	}
	return st
}

var (
	errClient   = errors.New("the client is gone")
	errUpstream = errors.New("the upstream is gone")
	errInvalid  = errors.New("the upstream does not make sense")
)

// accelHead does what the response's fields for us say, and returns where it is to be
// answered from instead, nil if nowhere.
func (s *State) accelHead(r *httpd.Request, set *Settings) (to []byte) {
	if v := s.Head.Get(header.XAccelLimitRate); v != nil && set.Ignore&IgnoreLimitRate == 0 {
		if n, ok := h1.ParseLength(v); ok {
			r.SetRate(n)
		}
	}
	if set.Ignore&IgnoreRedirect == 0 {
		return s.Head.Get(header.XAccelRedirect)
	}
	return nil
}

// copyHead makes the response's head of the upstream's: in its order and
// spelling, less what is hidden or about the connection.
func (s *State) copyHead(r *httpd.Request, set *Settings) {
	p := &r.Resp
	h := &s.Head
	p.Status = httpd.Status(h.Status)
	p.StatusLine = h.Line
	p.Length = h.ContentLength
	if s.Nameless {
		p.ListedServer = !set.Hide.Has(header.Server.Hash(), header.Server.Name())
		p.ListedDate = !set.Hide.Has(header.Date.Hash(), header.Date.Name())
	}
	for i := range h.Len() {
		f := h.At(i)
		if f.Deleted {
			continue
		}
		name, value := h.Name(f), h.Value(f)
		if f.ID != 0 && s.known(r, f.ID, value, set) {
			continue
		}
		if set.Hide.Has(f.Hash, name) {
			continue
		}
		value = s.rewritten(r, f.ID, value, set)
		if f.ID == header.Location && p.Location != nil {
			continue
		}
		p.Headers.AddOut(header.Out{Name: name, Value: value, Hash: f.Hash, ID: f.ID})
	}
	p.AcceptRanges, p.SingleRange = p.AcceptRanges || set.ForceRanges, p.SingleRange || set.ForceRanges && !s.cache.hit
	p.Unconditional = !s.cache.able
}

// known handles a field that is more than text to us. It reports whether the
// field is not passed on as it is.
func (s *State) known(r *httpd.Request, id header.ID, value []byte, set *Settings) bool {
	p := &r.Resp
	switch id {
	case header.Connection, header.KeepAlive, header.TransferEncoding, header.ContentLength:
		return true
	case header.Server:
		p.ListedServer = !set.Hide.Has(id.Hash(), id.Name())
	case header.Date:
		p.ListedDate = !set.Hide.Has(id.Hash(), id.Name())
	case header.ContentType:
		if !set.Hide.Has(id.Hash(), id.Name()) {
			p.ContentType, p.PlainType = value, !hasCharset(value)
		}
		return true
	case header.XAccelCharset:
		if set.Ignore&IgnoreCharset == 0 {
			p.WantCharset = value
		}
		return false
	case header.LastModified:
		if t, ok := h1.ParseTime(value); ok {
			p.LastModified = time.Unix(t, 0)
		}
		p.ListedModified = true
		return false
	case header.AcceptRanges:
		if s.cache.hit || s.cache.able {
			p.AcceptRanges, p.SingleRange = true, !s.cache.hit
			return true
		}
		return set.ForceRanges
	}
	return false
}

func (s *State) rewritten(r *httpd.Request, id header.ID, value []byte, set *Settings) []byte {
	var rewrite Rewriter
	switch id {
	case header.Location:
		rewrite = set.Location
	case header.Refresh:
		rewrite = set.Refresh
	case header.SetCookie:
		rewrite = set.Cookie
	}
	if rewrite == nil {
		return value
	}
	v, ok := rewrite(r, value)
	if ok && id == header.Location && len(v) > 0 && v[0] == '/' && r.Loc.AbsoluteRedirect {
		r.Resp.Location = v // made absolute when it is sent; one that was not rewritten is not
	}
	return v
}

func hasCharset(v []byte) bool {
	return h1.ContainsFold(v, "charset=")
}

// accelRedirect answers with another URI of ours instead of the response.
func (s *State) accelRedirect(r *httpd.Request, g *upstream.Group, uri []byte, set *Settings, began time.Time) httpd.Status {
	p := &r.Resp
	h := &s.Head
	for i := range h.Len() {
		f := h.At(i)
		if f.Deleted {
			continue
		}
		switch f.ID {
		case header.ContentType:
			p.ContentType, p.PlainType = r.Copy(h.Value(f)), !hasCharset(h.Value(f))
		case header.SetCookie, header.ContentDisposition, header.CacheControl, header.Expires, header.AcceptRanges:
			p.Headers.Add(r.Copy(h.Name(f)), r.Copy(s.rewritten(r, f.ID, h.Value(f), set)))
		}
	}
	uri = r.Copy(uri)
	if s.conn != nil {
		s.attempt().Response = time.Since(began)
		s.finish(g, set, s.reusable())
	}
	if len(uri) > 0 && uri[0] == '@' {
		return r.Enter(uri)
	}
	out, path, args, ok := h1.AppendSafeURI(r.Alloc(len(uri)), uri)
	_ = out
	if !ok {
		r.Errorf(logs.Error, "unsafe URI \"%s\" was detected", path)
		return 404
	}
	if r.MethodID != httpd.HEAD {
		r.Method, r.MethodID = []byte("GET"), httpd.GET
	}
	return r.Redirect(path, args)
}

// AppendStatus appends the status of an attempt as $upstream_status has it.
func (a *Attempt) AppendStatus(dst []byte) []byte {
	if a.Status == 0 {
		return append(dst, '-')
	}
	return strconv.AppendInt(dst, int64(a.Status), 10)
}
