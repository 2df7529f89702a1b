package gateway

import (
	"io/fs"
	"os"
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A Store says where responses are kept as files (proxy_store).
type Store struct {
	Path   *httpd.Template // of the file; nil: what root or alias make of the URI
	Access fs.FileMode     // of the file, and of folders that are made for it
}

// A copying is a response on its way into a file.
type copying struct {
	f     *os.File // temporary; nil if the response is not stored
	n     int64    // bytes
	named bool     // it has its final name
	deaf  bool     // the client is gone, and the response read on for the file
}

// store begins to store the response, if that is wanted: nginx stores what is
// answered 200 and buffered.
func (s *State) store(r *httpd.Request, set *Settings) {
	if set.Store == nil || set.TempPath == nil || s.Head.Status != 200 {
		return
	}
	if set.Store.Path == nil && r.Outside(r.URI) != httpd.OK {
		return // nobody could fetch it
	}
	f, err := set.TempPath.Create(false)
	if err != nil {
		r.Errorf(logs.Crit, "open() temporary file failed%s while reading upstream", httpd.Errno(err))
		return
	}
	s.copy = copying{f: f}
}

// keep adds p to the stored file. A response that cannot be stored is passed on all
// the same.
func (s *State) keep(r *httpd.Request, p []byte) {
	c := &s.copy
	if c.f == nil {
		return
	}
	if _, err := c.f.WriteAt(p, c.n); err != nil {
		r.Errorf(logs.Crit, `pwrite() "%s" failed%s while reading upstream`, c.f.Name(), httpd.Errno(err))
		s.unstore()
		return
	}
	c.n += int64(len(p))
}

// stored gives the file its name if the response is complete, which err says.
// (ngx_http_upstream_store)
func (s *State) stored(r *httpd.Request, set *Settings, err error) {
	c := &s.copy
	if c.f == nil {
		return
	}
	defer s.unstore()
	if err != nil || s.Head.ContentLength >= 0 && s.Head.ContentLength != c.n {
		return
	}
	path := []byte(nil)
	if set.Store.Path != nil {
		if path = r.Eval(set.Store.Path); httpd.Climbs(set.Store.Path, path) {
			r.Errorf(logs.Error, "response is not stored as \"%s\": a variable leaves the folder", path)
			return
		}
	} else {
		path = r.Path(r.URI)
	}
	if len(path) == 0 {
		return
	}
	m := httpd.Move{From: c.f.Name(), To: string(path), Access: set.Store.Access, PathAccess: set.Store.Access, CreatePath: true}
	if v := s.Head.Get(header.LastModified); v != nil {
		if t, ok := h1.ParseTime(v); ok {
			m.Mtime = time.Unix(t, 0)
		}
	}
	s.copy.named = m.Run(r)
}

// unstore ends the copying. A temporary file that has not got its final name is
// removed; the other's name may be that of another temporary file by now.
func (s *State) unstore() {
	if c := &s.copy; c.f != nil {
		if !c.named {
			os.Remove(c.f.Name())
		}
		c.f.Close()
		c.f = nil
	}
}
