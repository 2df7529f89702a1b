package httpd

import (
	"strconv"
	"time"

	"understudy/runtime/header"
	"understudy/runtime/openfile"
)

// OpenFile opens a file for a response, following the links that the location
// allows. The caller closes it; of a folder there is only the Info. Errors are
// of type *openfile.Error.
func (r *Request) OpenFile(path []byte) (*openfile.File, openfile.Info, error) {
	if u := r.Loc.FileCache; u != nil {
		return u.Open(path, r.links(path))
	}
	return openfile.Open(path, r.links(path))
}

// StatFile says what a name stands for, following the links that the location
// allows. Errors are of type *openfile.Error.
func (r *Request) StatFile(path []byte) (openfile.Info, error) {
	if u := r.Loc.FileCache; u != nil {
		return u.Stat(path, r.links(path))
	}
	return openfile.Stat(path, r.links(path))
}

// links is the rule about links for a file name. (ngx_http_set_disable_symlinks)
func (r *Request) links(path []byte) openfile.Rule {
	l := r.Loc
	rule := openfile.Rule{Links: l.Links}
	if l.LinksFrom == nil {
		return rule
	}
	from := r.Eval(l.LinksFrom)
	n := len(from)
	switch {
	case n == 0 || n > len(path) || string(path[:n]) != string(from):
	case n == len(path):
		rule.Links = openfile.AnyLinks
	case path[n] == '/':
		rule.From = n
	case path[n-1] == '/':
		rule.From = n - 1
	}
	return rule
}

// RespondFile answers with a whole file, of which path is the name. coding is its
// Content-Encoding, nil if it has none. The caller closes the file.
func (r *Request) RespondFile(f File, path []byte, info openfile.Info, coding []byte) Status {
	r.Sends(path, info.Size)
	if st := r.DiscardBody(); st != OK {
		return st
	}
	r.fileHead(info)
	r.SetType()
	if coding != nil {
		r.Resp.Headers.AddID(header.ContentEncoding, coding)
	}
	r.Resp.AcceptRanges = true
	if st := r.SendHeader(); st != OK {
		return st
	}
	if r.SendFile(f, 0, info.Size) != nil {
		return Aborted
	}
	r.End()
	return Done
}

// fileHead makes the response's head that of a file: its length, time and, if
// the location gives files one, tag. (ngx_http_set_etag)
func (r *Request) fileHead(info openfile.Info) {
	p := &r.Resp
	p.Status, p.Length, p.LastModified = 200, info.Size, time.Unix(info.Mtime, 0)
	if !r.Loc.ETag {
		return
	}
	b := append(r.Alloc(len(`"-"`)+2*16), '"')
	b = append(strconv.AppendUint(b, uint64(info.Mtime), 16), '-')
	p.Headers.AddID(header.ETag, append(strconv.AppendUint(b, uint64(info.Size), 16), '"'))
}
