package h1

import "understudy/runtime/header"

// A ResponseHead is the status line and the header of an upstream's response.
// Its texts point into the buffer that was given to Parse.
type ResponseHead struct {
	Status  int    // 200
	Line    []byte // "200 OK": the status line without the version
	Version int    // 1000, 1001 …: nginx's http_version

	ContentLength int64 // -1 if there is none
	Chunked       bool
	Close         bool // the connection ends with the response

	header.Block

	// Warn is called with what is wrong, but only ignored: a field that may
	// stand once and stands twice. The field is deleted. It may be nil.
	Warn func(err *Error)

	status statusLine
	fields fieldReader
	stage  stage
	end    int
	err    Error
}

// Reset prepares h for a response of HTTP/1. Warn stays.
func (h *ResponseHead) Reset() {
	h.reset(stageLine)
}

// ResetFields prepares h for a head that is fields only, as that of FastCGI,
// SCGI and uwsgi.
func (h *ResponseHead) ResetFields() {
	h.reset(stageFields)
	h.Version = 1001
}

func (h *ResponseHead) reset(s stage) {
	block := h.Block
	block.Reset(nil)
	*h = ResponseHead{ContentLength: -1, Block: block, Warn: h.Warn, stage: s}
	h.fields.underscores, h.fields.upstream = true, true
}

// Parse reads a head from the start of buf and returns its length, or ErrMore
// if it goes on behind buf. Later calls take up where the last one stopped:
// buf must begin with the same bytes, but may have moved. If the bytes do not
// begin with a status line, the error is ErrNoStatusLine; else it is an *Error
// with status 502.
//
// The fields of a response with status 103 are not looked at, as they are
// those of a response to come. Other interim responses are the caller's to
// know.
func (h *ResponseHead) Parse(buf []byte) (n int, err error) {
	h.Rebase(buf)
	if h.stage == stageLine {
		if err := h.parseLine(buf); err != nil {
			return 0, err
		}
	}
	if h.stage == stageFields {
		if err := h.parseFields(buf); err != nil {
			return 0, err
		}
	}
	h.bind(buf)
	return h.end, nil
}

func (h *ResponseHead) bind(buf []byte) { h.Line = buf[h.status.code:h.status.end] }

func (h *ResponseHead) parseLine(buf []byte) error {
	l := &h.status
	if err := l.parse(buf); err != nil {
		return err
	}
	h.Status, h.Version = l.status, l.major*1000+l.minor
	h.stage = stageFields
	h.fields.begin(l.pos)
	if h.Version < 1001 {
		h.Close = true
		if h.Status == 103 {
			return ErrUpstreamHints10
		}
	}
	return nil
}

func (h *ResponseHead) parseFields(buf []byte) error {
	r := &h.fields
	for {
		switch r.parse(buf, len(buf)) {
		case fieldMore:
			return ErrMore
		case fieldLine:
			f := r.add(&h.Block)
			if do := onUpstreamField[f.ID]; do != nil && h.Status != 103 {
				if err := do(h, f); err != nil {
					return err
				}
			}
		case fieldDone:
			h.stage, h.end = stageDone, r.pos
			return nil
		case fieldBad:
			return h.err.quote(ErrUpstreamField, buf[r.name:r.valueEnd], buf[r.valueEnd:])
		}
	}
}

// onUpstreamField says what is done with a response's field of a known name,
// apart from keeping it. (ngx_http_upstream_headers_in)
var onUpstreamField = [256]func(h *ResponseHead, f *header.Field) error{
	header.Status:           (*ResponseHead).single,
	header.ContentType:      (*ResponseHead).single,
	header.Date:             (*ResponseHead).single,
	header.LastModified:     (*ResponseHead).single,
	header.ETag:             (*ResponseHead).single,
	header.Server:           (*ResponseHead).single,
	header.Location:         (*ResponseHead).single,
	header.Refresh:          (*ResponseHead).single,
	header.Expires:          (*ResponseHead).single,
	header.XAccelExpires:    (*ResponseHead).single,
	header.XAccelRedirect:   (*ResponseHead).single,
	header.XAccelLimitRate:  (*ResponseHead).single,
	header.ContentLength:    (*ResponseHead).contentLength,
	header.TransferEncoding: (*ResponseHead).transferEncoding,
	header.Connection:       (*ResponseHead).connection,
}

// single keeps the first field of a name and deletes the others.
func (h *ResponseHead) single(f *header.Field) error {
	g := h.First(f.ID)
	if g == f {
		return nil
	}
	if h.Warn != nil {
		h.Warn(h.err.quote(errUpstreamIgnored, h.Name(f), h.Value(f), h.Name(g), h.Value(g)))
	}
	h.Del(f)
	return nil
}

// once refuses the second field of a name.
func (h *ResponseHead) once(f *header.Field) error {
	g := h.First(f.ID)
	if g == f {
		return nil
	}
	return h.err.quote(ErrUpstreamDuplicate, h.Name(f), h.Value(f), h.Name(g), h.Value(g))
}

func (h *ResponseHead) contentLength(f *header.Field) error {
	if err := h.once(f); err != nil {
		return err
	}
	if h.Has(header.TransferEncoding) {
		return ErrUpstreamTwoLengths
	}
	n, ok := ParseLength(h.Value(f))
	if !ok {
		return h.err.quote(ErrUpstreamLength, h.Name(f), h.Value(f))
	}
	h.ContentLength = n
	return nil
}

func (h *ResponseHead) transferEncoding(f *header.Field) error {
	if err := h.once(f); err != nil {
		return err
	}
	if h.Has(header.ContentLength) {
		return ErrUpstreamTwoLengths
	}
	if !header.EqualFold(h.Value(f), "chunked") {
		return h.err.quote(ErrUpstreamCoding, h.Value(f))
	}
	h.Chunked = true
	return nil
}

func (h *ResponseHead) connection(f *header.Field) error {
	h.Close = h.Close || ContainsFold(h.Value(f), "close")
	return nil
}

// Trailers are the fields behind a chunked body that was read with
// KeepTrailers.
type Trailers struct {
	header.Block
	fields fieldReader
	err    Error
}

// Reset prepares t for the trailer section of a body.
func (t *Trailers) Reset() {
	t.Block.Reset(nil)
	t.fields = fieldReader{underscores: true, upstream: true}
}

// Parse reads a trailer section from the start of buf as ResponseHead.Parse
// reads a head. The error is ErrMore or ErrUpstreamTrailer.
func (t *Trailers) Parse(buf []byte) (n int, err error) {
	t.Rebase(buf)
	r := &t.fields
	for {
		switch r.parse(buf, len(buf)) {
		case fieldMore:
			return 0, ErrMore
		case fieldLine:
			r.add(&t.Block)
		case fieldDone:
			return r.pos, nil
		case fieldBad:
			return 0, t.err.quote(ErrUpstreamTrailer, buf[r.name:r.valueEnd], buf[r.valueEnd:])
		}
	}
}
