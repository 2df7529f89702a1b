package sub

import (
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// A filter replaces texts in the responses of one location.
type filter struct {
	pairs        []pair
	types        *httpd.Types
	once         bool
	lastModified bool
	fixed        *matcher // nil if a text has variables
}

// head decides whether texts are replaced. (ngx_http_sub_header_filter)
func (f *filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p := &r.Resp
	if p.Length == 0 || !f.types.Has(p) {
		return nil, httpd.OK
	}
	m := f.fixed
	if m == nil {
		if m = f.evaluate(r); m == nil {
			return nil, httpd.OK
		}
	}
	if r.Parent == nil {
		p.ClearLength()
		if f.lastModified {
			r.WeakenETag()
		} else {
			p.ClearLastModified()
			p.Headers.DelID(header.ETag)
		}
	}
	return func(next httpd.Writer) httpd.Writer {
		return &writer{f: f, r: r, next: next, m: m, values: make([][]byte, len(m.texts))}
	}, httpd.OK
}

// evaluate makes the matcher of texts with variables for one request; those
// that are empty do not count.
func (f *filter) evaluate(r *httpd.Request) *matcher {
	var texts [][]byte
	var values []*httpd.Template
	for _, p := range f.pairs {
		if text := r.Eval(p.text); len(text) > 0 {
			texts = append(texts, []byte(lower(string(text))))
			values = append(values, p.by)
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return newMatcher(texts, values)
}

// A writer replaces texts in one body.
type writer struct {
	f       *filter
	r       *httpd.Request
	next    httpd.Writer
	m       *matcher
	values  [][]byte // by which texts are replaced; nil: not evaluated yet
	used    [maxPairs]bool
	applied int    // replacements
	held    []byte // what may begin a text, less than the longest
	out     []byte
}

// Write implements httpd.Writer.
func (w *writer) Write(p []byte) error {
	if w.r.HeadOnly || len(p) == 0 {
		return nil
	}
	if w.finished() {
		return w.next.Write(p)
	}
	in := p
	if len(w.held) > 0 {
		w.held = append(w.held, p...)
		in = w.held
	}
	w.out = w.out[:0]
	done := 0
	for {
		start, which := w.m.find(in, done, &w.used)
		if which < 0 {
			return w.pass(in, done, start)
		}
		w.out = append(append(w.out, in[done:start]...), w.value(which)...)
		done = start + len(w.m.texts[which])
		if w.finished() {
			return w.pass(in, done, len(in))
		}
	}
}

// pass passes on the output and the input from done to end, and holds the rest.
func (w *writer) pass(in []byte, done, end int) error {
	out := in[done:end]
	if len(w.out) > 0 {
		w.out = append(w.out, out...)
		out = w.out
	}
	var err error
	if len(out) > 0 {
		err = w.next.Write(out)
	}
	w.held = append(w.held[:0], in[end:]...)
	return err
}

// value returns what a text is replaced by, and counts.
func (w *writer) value(which int) []byte {
	if w.values[which] == nil {
		if w.values[which] = w.r.Eval(w.m.values[which]); w.values[which] == nil {
			w.values[which] = []byte{}
		}
	}
	w.used[which] = w.f.once
	w.applied++
	return w.values[which]
}

// finished reports whether everything has been replaced that may be.
func (w *writer) finished() bool { return w.f.once && w.applied == len(w.m.texts) }

// File implements httpd.Writer.
func (w *writer) File(f httpd.File, off, n int64) error {
	if w.finished() {
		return w.next.File(f, off, n)
	}
	return w.r.WriteFile(w, f, off, n)
}

// Flush implements httpd.Writer. What may begin a text is held nevertheless.
func (w *writer) Flush() error { return w.next.Flush() }

// Close implements httpd.Writer.
func (w *writer) Close() error {
	if len(w.held) > 0 {
		if err := w.next.Write(w.held); err != nil {
			return err
		}
		w.held = nil
	}
	return w.next.Close()
}
