package ssi

import (
	"bytes"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// include puts another page here, or into a variable. (ngx_http_ssi_include)
func (p *page) include(args []*[]byte) bool {
	uri, file, wait, set, stub := args[0], args[1], args[2], args[3], args[4]
	switch {
	case uri != nil && file != nil:
		p.errorf(`inclusion may be either virtual="%s" or file="%s"`, *uri, *file)
		return false
	case uri == nil && file == nil:
		p.errorf(`no parameter in "include" SSI command`)
		return false
	case set != nil && stub != nil:
		p.errorf(`"set" and "stub" cannot be used together in "include" SSI command`)
		return false
	case wait != nil && uri == nil:
		p.errorf(`"wait" cannot be used with file="%s"`, *file)
		return false
	case wait != nil && header.EqualFold(*wait, []byte("no")):
		wait = nil
	case wait != nil && !header.EqualFold(*wait, []byte("yes")):
		p.errorf(`invalid value "%s" in the "wait" parameter`, *wait)
		return false
	}
	if uri == nil {
		uri, wait = file, file
	}
	whole, ok := p.evaluate(*uri, true)
	if !ok {
		return false
	}
	_, path, query, ok := h1.AppendSafeURI(nil, whole)
	if !ok {
		p.errorf(`unsafe URI "%s" was detected`, path)
		return false
	}
	var o httpd.SubOptions
	if stub != nil {
		if o.Done, ok = p.stub(*stub); !ok {
			return false
		}
	}
	if set != nil {
		name := lower(*set)
		if _, ok := p.shared.variables[name]; !ok {
			p.shared.variables[name] = []byte{}
		}
		o.Memory, o.Done = true, p.keepIn(name)
	}
	if !p.r.Post(path, query, o) {
		return false
	}
	if (wait != nil || set != nil) && p.err == nil {
		p.err = p.r.Await()
	}
	return true
}

// keepIn gives a variable the body of a page, if there is one.
func (p *page) keepIn(name string) func(*httpd.Request, httpd.Status) httpd.Status {
	return func(s *httpd.Request, st httpd.Status) httpd.Status {
		if body := s.Kept(); body != nil && s.Resp.Status < 300 {
			p.shared.variables[name] = body
		}
		return st
	}
}

// stub makes a block stand for a page that fails, or is empty.
// (ngx_http_ssi_stub_output)
func (p *page) stub(name []byte) (func(*httpd.Request, httpd.Status) httpd.Status, bool) {
	for i := range p.shared.blocks {
		b := &p.shared.blocks[i]
		if !bytes.Equal(b.name, name) {
			continue
		}
		text, parent := b.text, p.r
		return func(s *httpd.Request, st httpd.Status) httpd.Status {
			if st == httpd.Aborted || s.HasOutput() {
				return st
			}
			if !s.Resp.Sent() {
				s.Resp.ContentType, s.Resp.PlainType = parent.Resp.ContentType, parent.Resp.PlainType
				if st := s.SendHeader(); st != httpd.OK {
					return st
				}
			}
			if s.Write(text) != nil {
				return httpd.Aborted
			}
			return httpd.Done
		}, true
	}
	p.errorf(`"stub"="%s" for "include" not found`, name)
	return nil, false
}
