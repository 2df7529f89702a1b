package proxy

import (
	"slices"
	"strings"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

var setHeader = spec.Directive[conf]{
	Name: "proxy_set_header", In: anywhere, Args: spec.Exactly(2),
	Syntax: "field value",
	Doc: "Sets a field of the header passed to the proxied server. " +
		"A field with an empty value is not passed. The directives of an outer block " +
		"apply only if a block has none of its own.",
	Set: spec.AddTo(func(c *conf) *spec.Value[[]field] { return &c.set }, parseField),
}

// A field is one proxy_set_header directive.
type field struct {
	name  string
	value *httpd.Template
	pos   diag.Pos
}

func parseField(call *spec.Call) (field, error) {
	v, err := call.Template(1)
	return field{call.Args[0].Text, v, call.Pos()}, err
}

// dropped are the fields of the client that are about its own connection. They
// pass only if proxy_set_header sets them.
var dropped = []string{
	"Host", "Connection", "Proxy-Connection", "Content-Length", "Transfer-Encoding", "TE", "Keep-Alive", "Expect", "Upgrade",
}

// A head writes the header of proxied requests.
type head struct {
	host    *httpd.Template // nil: the host of proxy_pass
	set     []field         // but Host, Content-Length and Transfer-Encoding
	length  bool            // Content-Length is ours to write
	coding  bool            // so is Transfer-Encoding
	drop    *dropSet        // what is not copied from the client
	close   bool            // Connection: close, as nginx did before 1.29.7
	version int             // 10 or 11
	pass    bool            // copy the client's fields at all
}

// newCachedHead is newHead for requests whose response may be kept.
func newCachedHead(c *conf, b *spec.Builder) (*head, error) {
	h := newHead(c, b.Env().Version)
	for _, x := range pass.Conditions {
		h.drop.add(x.Field)
		if x.Value == "" || slices.ContainsFunc(c.set.V, func(f field) bool { return strings.EqualFold(f.name, x.Field) }) {
			continue
		}
		v, err := b.Vars.Compile(x.Value, diag.Pos{})
		if err != nil {
			return nil, err
		}
		h.set = append(h.set, field{name: x.Field, value: v})
	}
	return h, nil
}

func newHead(c *conf, version string) *head {
	h := &head{length: true, coding: true, drop: newDropSet(dropped, c.set.V), version: c.version.V, pass: c.PassHeaders()}
	h.close = spec.Older(version, "1.29.7")
	for _, f := range c.set.V {
		switch {
		case strings.EqualFold(f.name, "Host"):
			h.host = f.value
			continue
		case strings.EqualFold(f.name, "Content-Length"):
			h.length = false
		case strings.EqualFold(f.name, "Transfer-Encoding"):
			h.coding = false
		case strings.EqualFold(f.name, "Connection"):
			h.close = false
		}
		if lit, ok := f.value.Literal(); ok && len(lit) == 0 {
			continue
		}
		h.set = append(h.set, f)
	}
	return h
}

// append writes the header fields for r to dst: Host, those that are set, then
// those of the client, in its order and its spelling.
func (h *head) append(dst []byte, r *httpd.Request, host []byte, length int64, chunked bool) []byte {
	if h.host != nil {
		if v := r.Eval(h.host); len(v) > 0 || h.version < 11 {
			host = v
		}
	}
	if len(host) > 0 {
		dst = h1.AppendField(dst, "Host", host)
	}
	for i := range h.set {
		f := &h.set[i]
		if v := r.Eval(f.value); len(v) > 0 {
			dst = h1.AppendField(dst, f.name, v)
		}
	}
	if h.close {
		dst = append(dst, "Connection: close\r\n"...)
	}
	if h.length && length >= 0 && !chunked {
		dst = append(h1.AppendInt(append(dst, "Content-Length: "...), length), "\r\n"...)
	}
	if h.coding && chunked {
		dst = append(dst, "Transfer-Encoding: chunked\r\n"...)
	}
	if !h.pass {
		return dst
	}
	for i := range r.Head.Len() {
		f := r.Head.At(i)
		if f.Deleted {
			continue
		}
		if name := r.Head.Name(f); !h.drop.has(f.Hash, name) {
			dst = h1.AppendField(dst, name, r.Head.Value(f))
		}
	}
	return dst
}

// A dropSet is a set of field names, arranged for the few that a request has.
type dropSet struct {
	bits   [4]uint64 // of the low byte of the hash
	hashes []uint32
	names  []string
}

func newDropSet(names []string, more []field) *dropSet {
	n := len(names) + len(more)
	d := &dropSet{hashes: make([]uint32, 0, n), names: make([]string, 0, n)}
	for _, n := range names {
		d.add(n)
	}
	for i := range more {
		d.add(more[i].name)
	}
	return d
}

func (d *dropSet) add(name string) {
	hash := header.Hash(name)
	d.bits[hash>>6&3] |= 1 << (hash & 63)
	d.hashes = append(d.hashes, hash)
	d.names = append(d.names, name)
}

func (d *dropSet) has(hash uint32, name []byte) bool {
	if d.bits[hash>>6&3]&(1<<(hash&63)) == 0 {
		return false
	}
	for i, h := range d.hashes {
		if h == hash && header.EqualFold(name, []byte(d.names[i])) {
			return true
		}
	}
	return false
}
