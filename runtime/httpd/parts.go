package httpd

import "errors"

// parts is the place in the chain of writers where subrequests put their bodies
// into that of the request: behind the filters that are about one request, and
// before those that are about the whole response, such as compression. What a
// request writes behind a posted subrequest waits here until that has run.
// (ngx_http_postpone_filter_module)
//
// Subrequests run one after the other, in the order of the page, each to its
// end. nginx runs those of one level before those they ask for themselves, and
// waits for several upstreams at once.
type parts struct {
	r     *Request
	next  Writer
	queue []part
	held  int          // bytes of text in queue
	last  func() error // what AtEnd was given; nil: nothing
	err   error
}

// A part is a posted subrequest, or text that stands behind one.
type part struct {
	text      []byte
	uri, args []byte
	o         SubOptions
}

// maxHeld is how much text may wait: what nginx reads of a file before it lets
// subrequests run (output_buffers).
const maxHeld = 64 << 10

// ErrPart says that a response cannot be completed because a subrequest failed,
// or could not be made.
var ErrPart = errors.New("a part of the response failed")

func (p *parts) post(uri, args []byte, o SubOptions) {
	p.queue = append(p.queue, part{uri: uri, args: args, o: o})
}

// run runs what was posted. p may be nil.
func (p *parts) run() error {
	if p == nil {
		return nil
	}
	for len(p.queue) > 0 && p.err == nil {
		x := p.queue[0]
		p.queue = p.queue[1:]
		switch {
		case x.text != nil:
			p.err = p.next.Write(x.text)
		case p.r.child(x.uri, x.args, x.o).process() == Aborted:
			p.err = ErrPart
		}
	}
	p.queue, p.held = nil, 0
	return p.err
}

// Write implements Writer.
func (p *parts) Write(b []byte) error {
	if len(b) == 0 {
		return p.err
	}
	if len(p.queue) > 0 && p.held+len(b) > maxHeld {
		p.run()
	}
	switch {
	case p.err != nil:
		return p.err
	case len(p.queue) == 0:
		return p.next.Write(b)
	}
	p.held += len(b)
	if last := &p.queue[len(p.queue)-1]; last.text != nil {
		last.text = append(last.text, b...)
	} else {
		p.queue = append(p.queue, part{text: append([]byte(nil), b...)})
	}
	return nil
}

// File implements Writer.
func (p *parts) File(f File, off, n int64) error {
	if err := p.run(); err != nil {
		return err
	}
	return p.next.File(f, off, n)
}

// Flush implements Writer.
func (p *parts) Flush() error {
	if err := p.run(); err != nil {
		return err
	}
	return p.next.Flush()
}

// Close implements Writer. The body ends with that of the main request.
func (p *parts) Close() error {
	if err := p.run(); err != nil || p.r.Parent != nil {
		return err
	}
	if p.last != nil {
		if p.err = p.last(); p.err != nil {
			return p.err
		}
	}
	return p.next.Close()
}

// bottom is the writer behind the filters that are about one request.
func (r *Request) bottom() Writer {
	switch {
	case r.Parent == nil:
		return &r.out
	case r.HeadOnly:
		return discard{}
	case r.sub.memory != nil:
		r.sub.memory.r = r
		return r.sub.memory
	}
	if p := r.Parent.parts; p != nil {
		return section{p.next}
	}
	return discard{}
}

// A section is the end of the body of a subrequest, but not of the response.
type section struct{ Writer }

func (section) Close() error { return nil }

// A discard drops a body.
type discard struct{}

func (discard) Write([]byte) error            { return nil }
func (discard) File(File, int64, int64) error { return nil }
func (discard) Flush() error                  { return nil }
func (discard) Close() error                  { return nil }

// A memory keeps the body of a subrequest.
type memory struct {
	r    *Request
	body []byte
	max  int
	err  error
}

var errTooBig = errors.New("too big subrequest response")

// Kept returns the body of a subrequest with Memory. It lives as long as its
// main request.
func (r *Request) Kept() []byte {
	if r.sub == nil || r.sub.memory == nil {
		return nil
	}
	return r.sub.memory.body
}

// Write implements Writer.
func (m *memory) Write(p []byte) error {
	if m.body == nil && m.err == nil {
		m.max = m.r.Loc.SubOutput
		if n := m.r.Resp.Length; n > int64(m.max) {
			m.r.Errorf(levelError, "too big subrequest response: %d", n)
			m.err = errTooBig
		} else if n >= 0 {
			m.max = int(n)
		}
		m.body = []byte{}
	}
	if m.err == nil && len(p) > m.max-len(m.body) {
		m.r.Errorf(levelError, "too big subrequest response")
		m.err = errTooBig
	}
	if m.err != nil {
		return m.err
	}
	m.body = append(m.body, p...)
	return nil
}

// File implements Writer.
func (m *memory) File(f File, off, n int64) error { return m.r.WriteFile(m, f, off, n) }

// Flush implements Writer.
func (m *memory) Flush() error { return m.err }

// Close implements Writer.
func (m *memory) Close() error {
	if m.body == nil {
		m.body = []byte{}
	}
	return m.err
}
