package gateway

import (
	"os"

	"understudy/runtime/fcgi"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// keepResponse begins to keep a response in the cache, if it may be kept.
// (ngx_http_upstream_send_response)
func (s *State) keepResponse(r *httpd.Request, set *Settings, buffering bool) {
	e := s.cache.entry
	if e == nil {
		return
	}
	s.cache.able = s.cache.able && buffering && s.mayKeep(r, set)
	if !s.cache.able {
		e.Close()
		return
	}
	e.CloseFile()
	if !s.beginFile(r, set) {
		s.cache.able = false
		e.Close()
	}
}

// mayKeep reports whether the configuration lets a response be kept.
func (s *State) mayKeep(r *httpd.Request, set *Settings) bool {
	e := s.cache.entry
	if r.Any(set.Cache.NoCache) {
		return false
	}
	if s.cache.status == CacheBypass && !e.Create() {
		return false
	}
	if !s.freshness(set, s.Head.Status) {
		return false
	}
	e.Date, e.LastModified, e.ETag = e.Cache.Now().Unix(), -1, nil
	if st := s.Head.Status; st == 200 || st == 206 {
		if v := s.Head.Get(header.LastModified); v != nil {
			if t, ok := h1.ParseTime(v); ok {
				e.LastModified = t
			}
		}
		e.ETag = s.Head.Get(header.ETag)
	}
	return true
}

// beginFile begins the file of a response with what precedes its body.
func (s *State) beginFile(r *httpd.Request, set *Settings) bool {
	e := s.cache.entry
	head := s.buf.B[:s.buf.R]
	var record []byte
	if s.Body == &s.records {
		head = s.buf.B[:s.records.head]
		record = fcgi.AppendHeader(nil, fcgi.Stdout, len(head))
	}
	p, ok := e.Head(nil, append(record, head...))
	if !ok {
		return false
	}
	path := set.TempPath
	if !e.Cache.UseTempPath {
		path = nil
	}
	var f *os.File
	var err error
	if path != nil {
		f, err = path.Create(false)
	} else {
		f, err = e.CreateTemp()
	}
	if err != nil {
		r.Errorf(logs.Crit, "open() temporary file failed%s while reading upstream", httpd.Errno(err))
		return false
	}
	s.copy = copying{f: f}
	s.keep(r, p)
	return s.copy.f != nil
}

// kept gives the file its name if the response is complete, which err says.
func (s *State) kept(r *httpd.Request, err error) {
	c, e := &s.copy, s.cache.entry
	if c.f == nil {
		return
	}
	defer s.unstore()
	whole := s.NoBody || s.Head.ContentLength < 0 || s.Head.ContentLength == c.n-int64(e.BodyStart) ||
		s.Body == &s.records && s.records.whole // FastCGI says itself where a response ends
	if err != nil || !whole {
		return
	}
	m := httpd.Move{From: c.f.Name(), To: e.Path(), Access: 0o600, PathAccess: 0o700, CreatePath: true}
	c.named = m.Run(r)
	e.Store(c.named)
}
