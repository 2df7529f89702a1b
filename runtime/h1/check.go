package h1

import (
	"bytes"

	"understudy/runtime/header"
)

// onField says what is done with a request's field of a known name, apart from
// keeping it. (ngx_http_headers_in)
var onField = [256]func(h *RequestHead, f *header.Field) error{
	header.Host:               (*RequestHead).hostField,
	header.Connection:         (*RequestHead).connectionField,
	header.IfModifiedSince:    (*RequestHead).unique,
	header.IfUnmodifiedSince:  (*RequestHead).unique,
	header.IfMatch:            (*RequestHead).unique,
	header.IfNoneMatch:        (*RequestHead).unique,
	header.ContentLength:      (*RequestHead).unique,
	header.ContentRange:       (*RequestHead).unique,
	header.IfRange:            (*RequestHead).unique,
	header.TransferEncoding:   (*RequestHead).unique,
	header.Expect:             (*RequestHead).unique,
	header.Authorization:      (*RequestHead).unique,
	header.ProxyAuthorization: (*RequestHead).unique,
}

// field takes the header line that has been read.
func (h *RequestHead) field(buf []byte) error {
	r := &h.fields
	if r.invalid && (h.Options.IgnoreInvalid || highByte(buf[r.name:r.nameEnd])) {
		if h.Ignored != nil {
			h.Ignored(buf[r.name:r.valueEnd])
		}
		return nil
	}
	if h.Len() >= h.Options.MaxFields {
		return ErrManyFields
	}
	f := r.add(&h.Block)
	if do := onField[f.ID]; do != nil {
		return do(h, f)
	}
	return nil
}

// highByte reports whether a name has bytes that no field may have on the way
// to another server. nginx passes them on if ignore_invalid_headers is off;
// here they are dropped in any case.
func highByte(name []byte) bool {
	for _, c := range name {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

func (h *RequestHead) unique(f *header.Field) error {
	return h.once(f, ErrDuplicate)
}

func (h *RequestHead) once(f *header.Field, e *Error) error {
	g := h.First(f.ID)
	if g == f {
		return nil
	}
	return h.err.quote(e, h.Name(f), h.Value(f), h.Name(g), h.Value(g))
}

func (h *RequestHead) hostField(f *header.Field) error {
	if err := h.once(f, ErrTwoHosts); err != nil {
		return err
	}
	return h.setHost(h.Value(f), ErrHost)
}

// setHost checks a host, and chooses the server by it if it is the first one.
func (h *RequestHead) setHost(host []byte, invalid *Error) error {
	if h.server { // by the target; that of the field is only checked
		n := len(h.host)
		_, _, err := AppendHost(h.host, host)
		h.host = h.host[:n]
		if err != nil {
			return invalid
		}
		return nil
	}
	var err error
	if h.host, h.Port, err = AppendHost(h.host[:0], host); err != nil {
		return invalid
	}
	h.Host = h.host
	return h.selectServer()
}

func (h *RequestHead) selectServer() error {
	if h.server || h.SelectServer == nil {
		h.server = true
		return nil
	}
	h.server = true
	o, err := h.SelectServer(h.Host)
	if o != nil {
		h.Options = o
	}
	return err
}

func (h *RequestHead) connectionField(f *header.Field) error {
	v := h.Value(f)
	if ContainsFold(v, "close") {
		h.Connection = ConnectionClose
	} else if ContainsFold(v, "keep-alive") {
		h.Connection = ConnectionKeepAlive
	}
	return nil
}

// check looks at the header as a whole. (ngx_http_process_request_header)
func (h *RequestHead) check() error {
	if err := h.selectServer(); err != nil {
		return err
	}
	if h.Version > 1000 && !h.Has(header.Host) {
		return ErrNoHost
	}
	if v := h.First(header.ContentLength); v != nil {
		n, ok := ParseLength(h.Value(v))
		if !ok {
			return ErrLength
		}
		h.ContentLength = n
	}
	if err := h.checkCoding(); err != nil {
		return err
	}
	switch h.line.method {
	case CONNECT:
		if h.Version != 1001 || !h.Options.AllowConnect {
			return ErrConnect
		}
		if h.ContentLength > 0 || h.Chunked {
			return ErrConnectBody
		}
	case TRACE:
		return ErrTrace
	}
	return nil
}

func (h *RequestHead) checkCoding() error {
	f := h.First(header.TransferEncoding)
	switch {
	case f == nil:
		return nil
	case h.Version < 1001:
		return ErrCoding10
	case !header.EqualFold(h.Value(f), "chunked"):
		return h.err.quote(ErrCoding, h.Value(f))
	case h.Has(header.ContentLength):
		return ErrTwoLengths
	}
	h.Chunked = true
	return nil
}

// bind makes the texts of the head point into buf.
func (h *RequestHead) bind(buf []byte) {
	l := &h.line
	h.Rebase(buf)
	h.MethodID = max(l.method, Unknown)
	h.Schema, h.Proto = nil, nil
	if h.stage == stageLine { // refused
		h.Line = buf[l.start:min(len(buf), max(h.room.end, l.start))]
		i := bytes.IndexAny(h.Line, "\r\n")
		if i >= 0 && l.pos < h.room.end { // all of what is too long is shown
			h.Line = h.Line[:i]
		}
		return
	}
	h.Line = buf[l.start:l.end]
	h.Method = buf[l.start:l.methodEnd]
	if l.schemaEnd > 0 {
		h.Schema = buf[l.schemaStart:l.schemaEnd]
	}
	if l.proto > 0 {
		h.Proto = buf[l.proto:l.end]
	}
	h.bindTarget(buf)
}
