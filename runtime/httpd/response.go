package httpd

import (
	"time"

	"understudy/runtime/header"
)

// A Response is the head of the answer as it is being put together. What has a
// field of its own is not in Headers. Bytes live as long as the request.
type Response struct {
	Status       Status
	StatusLine   []byte // "200 Fine" of an upstream; nil: our own words
	Length       int64  // of the body; -1: not known
	ContentType  []byte
	Charset      []byte // added to ContentType if PlainType
	PlainType    bool   // ContentType has no charset yet
	WantCharset  []byte // what an upstream wants the body to be recoded to (X-Accel-Charset)
	LastModified time.Time
	Location     []byte // not in Headers; "/path" is made absolute when sent
	ListedServer bool   // Headers has Server, so that ours is not sent
	ListedDate   bool   // likewise Date
	AcceptRanges bool   // a range of the body may be sent
	SingleRange  bool   // but only one
	SubRanges    bool   // nor is that of a subrequest sent as a whole
	RangeOffset  int64  // where the body starts in the whole
	GzipVary     bool   // add Vary: Accept-Encoding if gzip_vary is on
	// Unconditional says that the conditions of the request were for somebody else
	// to look at.
	Unconditional bool
	WantTrailers  bool // the body is followed by trailers
	Headers       header.List
	Trailers      header.List
	HeaderSize    int64 // of the head as sent, in bytes
	BodySent      int64 // bytes of the body, framing included
	sent          bool
	chunked       bool
	// ListedModified says that Headers has Last-Modified already.
	ListedModified bool
}

func (p *Response) reset() {
	h, t := p.Headers, p.Trailers
	h.Reset()
	t.Reset()
	*p = Response{Headers: h, Trailers: t, Length: -1}
}

// SetLocation sets the Location field.
func (p *Response) SetLocation(url []byte) { p.Location = url }

// Sent reports whether the head is on its way.
func (p *Response) Sent() bool { return p.sent }

// SetType gives the response the type that the location has for the request's
// file name extension.
func (r *Request) SetType() {
	if r.Resp.ContentType != nil {
		return
	}
	r.Resp.PlainType = true
	if ext := r.Extension(); len(ext) > 0 && len(ext) <= maxExt {
		var low [maxExt]byte
		for i, c := range ext {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			low[i] = c
		}
		if t := r.Loc.Types[string(low[:len(ext)])]; t != nil {
			r.Resp.ContentType = t
			return
		}
	}
	r.Resp.ContentType = r.Loc.DefaultType
	if len(r.Loc.DefaultType) == 0 {
		r.Resp.ContentType = nil
	}
}

const maxExt = 64

// Extension returns what follows the last "." of the last part of the URI.
func (r *Request) Extension() []byte {
	for i := len(r.URI) - 1; i > 0; i-- {
		switch r.URI[i] {
		case '/':
			return nil
		case '.':
			if r.URI[i-1] == '/' {
				return nil
			}
			return r.URI[i+1:]
		}
	}
	return nil
}

// Reply sends a whole response.
func (r *Request) Reply(status Status, contentType, body []byte) Status {
	if st := r.DiscardBody(); st != OK {
		return st
	}
	r.Resp.Status = status
	r.Resp.Length = int64(len(body))
	if contentType != nil {
		r.Resp.ContentType, r.Resp.PlainType = contentType, true
	} else {
		r.SetType()
	}
	if st := r.SendHeader(); st != OK || r.HeadOnly {
		return r.sentHead(st)
	}
	return r.sendAll(body)
}

func (r *Request) sentHead(st Status) Status {
	if st == OK {
		r.End()
		return Done
	}
	return st
}

func (r *Request) sendAll(body []byte) Status {
	if len(body) > 0 {
		if r.Write(body) != nil {
			return Aborted
		}
	}
	r.End()
	return Done
}

// SendHeader runs the filters over the head and hands it to the codec. It
// answers OK if the body may follow. Any other status replaces the response.
func (r *Request) SendHeader() Status {
	if r.Resp.sent {
		r.Errorf(levelAlert, "header already sent")
		return Aborted
	}
	if r.errStatus != 0 {
		r.Resp.Status, r.Resp.StatusLine = r.errStatus, nil
	}
	if r.trace != nil {
		return r.foretell()
	}
	var wraps [maxFilters]func(Writer) Writer
	var first func(Writer) Writer
	n, own := 0, 0 // of wraps; the first own are about this request only
	parts := false
	for i := range r.Loc.Filters {
		f := &r.Loc.Filters[i]
		if f.Whole && r.Parent != nil {
			continue
		}
		wrap, st := f.Head(r)
		if st != OK && st != Declined {
			return st
		}
		switch {
		case wrap == nil:
			continue
		case f.First:
			first = wrap
		case n < maxFilters:
			wraps[n] = wrap
			n++
			if !f.Whole {
				own = n
			}
		}
		parts = parts || f.Parts
	}
	r.build(wraps[:own], wraps[own:n], first, parts)
	r.Resp.sent = true
	if r.Parent == nil {
		if m := r.HTTP.Mapping; m != nil {
			m.out(r)
		}
		r.out.head()
	}
	return OK
}

// build makes the chain of writers.
func (r *Request) build(own, whole []func(Writer) Writer, first func(Writer) Writer, withParts bool) {
	w := r.bottom()
	for i := len(whole) - 1; i >= 0; i-- {
		w = whole[i](w)
	}
	r.parts = nil
	if withParts {
		r.parts = &parts{r: r, next: w}
		w = r.parts
	}
	for i := len(own) - 1; i >= 0; i-- {
		w = own[i](w)
	}
	if first != nil {
		w = first(w)
	}
	r.out.top = w
}

// maxFilters is how many filters may take part in one body.
const maxFilters = 16

// Abandon lets a filter give up the response in favour of the page for a
// status. Nothing of its head remains, and the connection is closed behind the
// page, although the page does not say so. (ngx_http_filter_finalize_request)
func (r *Request) Abandon(st Status) Status {
	r.abandoned = true
	r.Resp.reset()
	return st
}

// Write sends a piece of the body. p is not kept.
func (r *Request) Write(p []byte) error {
	if r.HeadOnly {
		return nil
	}
	r.hasOutput = r.hasOutput || len(p) > 0
	r.debugURI("http output filter", r.URI, r.Args)
	if err := r.out.top.Write(p); err != nil {
		return err
	}
	return r.parts.run()
}

// SendFile sends n bytes of f from off.
func (r *Request) SendFile(f File, off, n int64) error {
	if r.HeadOnly {
		return nil
	}
	r.hasOutput = r.hasOutput || n > 0
	r.debugURI("http output filter", r.URI, r.Args)
	if err := r.out.top.File(f, off, n); err != nil {
		return err
	}
	return r.parts.run()
}

// Flush sends what is held back.
func (r *Request) Flush() error {
	if r.out.top == nil {
		return nil
	}
	return r.out.top.Flush()
}

// End ends the response, which must be complete.
func (r *Request) End() {
	if r.out.top != nil {
		if err := r.out.top.Close(); err != nil {
			r.Keepalive = false
		}
	}
}

// Drop gives the response up: what has not been sent yet is not.
func (r *Request) Drop() Status {
	r.Keepalive = false
	return Aborted
}

// Broken says that the body cannot be completed: what there is of it is sent,
// and the connection closed so that the client notices. Of a subrequest it is
// not: the rest of the main request's body follows.
func (r *Request) Broken() Status {
	r.Keepalive = false
	if r.out.top != nil {
		r.out.top.Flush()
	}
	if r.Parent != nil {
		return Done
	}
	r.out.closed = true // nginx calls it complete
	return Aborted
}
