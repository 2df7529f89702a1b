package main

import (
	"slices"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

// complete supplies the blocks that a fragment of a configuration lacks: most
// configurations that people keep are a server block or two, or what stands
// inside one. It returns the names of the blocks. Those that are there already
// are left alone, and so is what has no place in any block.
func complete(tree *parser.Tree, t *spec.Table) []string {
	f := &fragment{table: t, have: map[string]bool{}}
	for _, d := range tree.Directives {
		if d.Err == nil {
			f.have[d.Name.Text] = true
		}
	}
	f.sort(tree.Directives)
	tree.Directives = f.wrapped(tree.Directives)
	if !f.have["events"] {
		f.added = append(f.added, "events")
		e := wrap("events", nil, []*parser.Directive{})
		if len(tree.Directives) > 0 {
			at := start(tree.Directives[0])
			e.Name.Pos, e.End, e.Close = at, at, at
		}
		tree.Directives = append([]*parser.Directive{e}, tree.Directives...)
	}
	return f.added
}

// A fragment is the top level of a tree, sorted by what goes where.
type fragment struct {
	table *spec.Table
	have  map[string]bool
	added []string

	http, server, location, stream []*parser.Directive
	moved                          map[*parser.Directive]bool
}

const (
	anyHTTP   = spec.HTTP | spec.Server | spec.Location
	anyStream = spec.Stream | spec.StreamServer
)

func (f *fragment) contexts(d *parser.Directive) spec.Context { return contextsOf(f.table, d) }

// contextsOf returns where a directive of the name and the shape of d may stand.
func contextsOf(t *spec.Table, d *parser.Directive) spec.Context {
	var in spec.Context
	for _, e := range t.Lookup(d.Name.Text) {
		if (e.Opens != 0 || e.Free) == (d.Block != nil) {
			in |= e.In
		}
	}
	return in
}

// sort finds a place for each directive that may not stand at the top.
func (f *fragment) sort(ds []*parser.Directive) {
	f.moved = map[*parser.Directive]bool{}
	var loose []*parser.Directive
	deepest := spec.HTTP
	streams := map[string]bool{} // the upstreams of stream servers
	for _, d := range ds {
		in := f.contexts(d)
		switch {
		case d.Err != nil || in&(spec.Main|anyHTTP|anyStream) == 0 || in&spec.Main != 0:
			continue
		case in&anyHTTP == 0 || in&anyStream != 0 && f.isStream(d):
			f.stream = append(f.stream, d)
			for _, c := range d.Block {
				if c.Err == nil && c.Name.Text == "proxy_pass" && len(c.Args) == 1 {
					streams[c.Args[0].Text] = true
				}
			}
			continue
		case in&spec.HTTP == 0 && in&spec.Server == 0:
			deepest = spec.Location
		case in&spec.HTTP == 0 && deepest == spec.HTTP:
			deepest = spec.Server
		}
		loose = append(loose, d)
	}
	for _, d := range loose {
		in := f.contexts(d)
		both := in&anyStream != 0 && d.Name.Text != "server"
		if both && len(d.Args) > 0 && streams[d.Args[0].Text] || both && len(f.stream) > 0 && !f.hasServer(loose) {
			f.stream = append(f.stream, d)
			continue
		}
		f.place(d, in, deepest)
	}
	if f.have["http"] {
		f.http, f.server, f.location = nil, nil, nil
	}
	if f.have["stream"] {
		f.stream = nil
	}
	order := make(map[*parser.Directive]int, len(ds))
	for i, d := range ds {
		order[d] = i
	}
	for _, list := range [][]*parser.Directive{f.http, f.server, f.location, f.stream} {
		slices.SortFunc(list, func(a, b *parser.Directive) int { return order[a] - order[b] })
		for _, d := range list {
			f.moved[d] = true
		}
	}
}

// place puts an HTTP directive as deep as it may stand, and as the fragment
// goes.
func (f *fragment) place(d *parser.Directive, in, deepest spec.Context) {
	switch {
	case deepest == spec.Location && in&spec.Location != 0 && d.Name.Text != "location":
		f.location = append(f.location, d)
	case deepest != spec.HTTP && in&spec.Server != 0:
		f.server = append(f.server, d)
	default:
		f.http = append(f.http, d)
	}
}

// isStream tells a server of stream from one of http: by what stands in it.
func (f *fragment) isStream(d *parser.Directive) bool {
	if d.Name.Text != "server" {
		return false
	}
	for _, c := range d.Block {
		if c.Err != nil {
			break
		}
		in := f.contexts(c)
		if in&spec.StreamServer != 0 && in&spec.Server == 0 {
			return true
		}
		if c.Name.Text == "listen" && slices.ContainsFunc(c.Args, func(w parser.Word) bool { return w.Text == "udp" }) {
			return true
		}
	}
	return false
}

func (f *fragment) hasServer(ds []*parser.Directive) bool {
	return slices.ContainsFunc(ds, func(d *parser.Directive) bool {
		in := f.contexts(d)
		return d.Name.Text == "server" || in&anyStream == 0
	})
}

// wrapped returns ds with the sorted directives in blocks, which stand where
// the first of them stood.
func (f *fragment) wrapped(ds []*parser.Directive) []*parser.Directive {
	if len(f.moved) == 0 {
		return ds
	}
	var outer []*parser.Directive
	if len(f.location) > 0 {
		l := wrap("location", []string{"/"}, f.location)
		f.server = append(f.server, l)
	}
	if len(f.server) > 0 {
		f.http = append(f.http, wrap("server", nil, f.server))
	}
	if len(f.http) > 0 {
		outer = append(outer, wrap("http", nil, f.http))
	}
	if len(f.stream) > 0 {
		outer = append(outer, wrap("stream", nil, f.stream))
	}
	for _, w := range outer {
		f.added = append(f.added, w.Name.Text)
	}
	if len(f.server) > 0 {
		f.added = append(f.added, "server")
	}
	if len(f.location) > 0 {
		f.added = append(f.added, "location")
	}
	var out []*parser.Directive
	for _, d := range ds {
		if !f.moved[d] {
			if d.Err != nil { // nginx reads no further
				out = append(out, outer...)
				outer = nil
			}
			out = append(out, d)
			continue
		}
		for len(outer) > 0 {
			out = append(out, outer[0])
			outer = outer[1:]
		}
	}
	return out
}

// wrap makes a block around ds, with their place.
func wrap(name string, args []string, ds []*parser.Directive) *parser.Directive {
	var at, end diag.Pos
	if len(ds) > 0 {
		at = start(ds[0])
		last := ds[len(ds)-1]
		end = last.End
		if last.Close.IsValid() {
			end = last.Close
		}
		if !end.IsValid() {
			end = at
		}
	}
	w := &parser.Directive{Name: parser.Word{Text: name, Raw: name, Pos: at}, Block: ds, End: at, Close: end}
	for _, a := range args {
		w.Args = append(w.Args, parser.Word{Text: a, Raw: a, Pos: at})
	}
	for _, d := range ds {
		d.Parent = w
	}
	return w
}

// start is where a directive, or the error that stands for one, is.
func start(d *parser.Directive) diag.Pos {
	if d.Err != nil {
		return d.Err.Pos
	}
	return d.Name.Pos
}
