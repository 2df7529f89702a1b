package httpd

import (
	"io"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/header"
)

// Types are the types of responses that a filter applies to. The zero value
// holds none.
type Types struct {
	all   bool
	names map[string]struct{} // in lower case
}

// Add adds a type, "*" for any, and reports whether it is new.
func (t *Types) Add(name string) bool {
	if name == "*" || t.all {
		fresh := !t.all
		t.all = true
		return fresh
	}
	low := string(appendLower(nil, []byte(name)))
	if _, ok := t.names[low]; ok {
		return false
	}
	if t.names == nil {
		t.names = map[string]struct{}{}
	}
	t.names[low] = struct{}{}
	return true
}

// Any reports whether all responses are meant, those without a type included.
func (t *Types) Any() bool { return t.all }

// Has reports whether the response is of one of the types.
// (ngx_http_test_content_type)
func (t *Types) Has(p *Response) bool {
	if t.all {
		return true
	}
	base := p.BaseType()
	if len(base) == 0 {
		return false
	}
	var low [maxExt]byte
	_, ok := t.names[string(appendLower(low[:0], base))]
	return ok
}

func appendLower(dst, s []byte) []byte {
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// BaseType returns the Content-Type without what begins with a charset.
func (p *Response) BaseType() []byte {
	if p.PlainType {
		return p.ContentType
	}
	base, _ := SplitType(p.ContentType)
	return base
}

// SplitType splits a Content-Type with a charset in front of the ";" before
// it. Without one, charset is nil. (ngx_http_upstream_copy_content_type)
func SplitType(v []byte) (base, charset []byte) {
	const name = "charset="
	for i := 0; i < len(v); i++ {
		if v[i] != ';' {
			continue
		}
		end := i
		for i++; i < len(v) && v[i] == ' '; i++ {
		}
		if len(v)-i < len(name) || !header.EqualFold(v[i:i+len(name)], name) {
			continue
		}
		charset = v[i+len(name):]
		if len(charset) > 0 && charset[0] == '"' {
			charset = charset[1:]
		}
		if n := len(charset); n > 0 && charset[n-1] == '"' {
			charset = charset[:n-1]
		}
		return v[:end], charset
	}
	return v, nil
}

// ClearLength is for filters that change how long the body is.
func (p *Response) ClearLength() {
	p.Length = -1
	p.Headers.DelID(header.ContentLength)
}

// ClearRanges is for filters after which ranges of the body mean nothing.
func (p *Response) ClearRanges() {
	p.AcceptRanges = false
	p.Headers.DelID(header.AcceptRanges)
}

// ClearLastModified removes the time of a response that is made anew each time.
func (p *Response) ClearLastModified() {
	p.LastModified, p.ListedModified = time.Time{}, false
	p.Headers.DelID(header.LastModified)
}

// WeakenETag makes the ETag weak, for filters that change the bytes of a
// response but not what it says. (ngx_http_weak_etag, RFC 9110 section 8.8.1)
func (r *Request) WeakenETag() {
	h := &r.Resp.Headers
	for i := range h.Len() {
		f := h.At(i)
		if f.ID != header.ETag {
			continue
		}
		v := f.Value
		switch {
		case len(v) > 2 && v[0] == 'W' && v[1] == '/':
		case len(v) < 1 || v[0] != '"':
			h.RemoveAt(i)
		default:
			f.Value = append(append(r.Alloc(len(v)+2), "W/"...), v...)
		}
		return
	}
}

// WriteFile writes n bytes of f from off to w, for filters that have to see
// them.
func (r *Request) WriteFile(w Writer, f File, off, n int64) error {
	b := buf.Get(int(min(n, 32<<10)))
	defer b.Free()
	for n > 0 {
		m, err := f.ReadAt(b.B[:min(n, int64(len(b.B)))], off)
		if m == 0 {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			r.Errorf(levelAlert, "read() \"%s\" failed: %v", f.Name(), err)
			r.out.err = err
			r.Keepalive = false
			return err
		}
		if err := w.Write(b.B[:m]); err != nil {
			return err
		}
		off, n = off+int64(m), n-int64(m)
	}
	return nil
}
