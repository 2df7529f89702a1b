package geo

import (
	"net/netip"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

// add reads a geo block and declares its variable. Only blocks of http have
// proxies.
func add[S vars.Subject](call *spec.Call, client func(S) netip.Addr, forwarded func(*httpd.Proxies, S, netip.AddrPort) (netip.AddrPort, bool)) error {
	t := spec.VarsOf[S](call)
	g := &table[S]{vars: t, address: vars.None, client: client, forwarded: forwarded}
	name, err := variable(call, 0)
	if err != nil {
		return err
	}
	if len(call.Args) == 2 {
		if name == "" {
			return call.Errorf(0, `invalid variable name "$"`)
		}
		g.address = t.Index(name, call.Args[0].Pos)
		if name, err = variable(call, 1); err != nil {
			return err
		}
	}
	if name == "" {
		return call.Errorf(len(call.Args)-1, `invalid variable name "$"`)
	}
	v := vars.Variable[S]{
		Name: name, Doc: "A value for the network of an address.",
		Get: func(s S, _ string) ([]byte, bool) { return g.value(s), true },
	}
	if err := t.Declare(v); err != nil {
		return call.Errorf(len(call.Args)-1, "%v", err)
	}
	b := block{call: call, proxied: forwarded != nil, texts: map[string][]byte{}}
	for _, d := range call.Block {
		if err := b.line(d); err != nil {
			return err
		}
	}
	g.values = b.values()
	if len(b.proxies) > 0 {
		g.proxies = &httpd.Proxies{Trusts: b.proxies.contain, Recursive: b.recursive}
	}
	if b.volatile {
		v.Volatile = true
		return t.Declare(v)
	}
	return nil
}

func variable(call *spec.Call, i int) (string, error) {
	name := call.Args[i].Text
	if name == "" || name[0] != '$' {
		return "", call.Errorf(i, `invalid variable name "%s"`, name)
	}
	return name[1:], nil
}

// A block is a geo block while it is read.
type block struct {
	call      *spec.Call
	proxied   bool // it may have proxies
	proxies   prefixes
	recursive bool
	volatile  bool
	ranged    bool              // "ranges"
	texts     map[string][]byte // large blocks have few values
	nets      networks
	ranges    ranges
}

func (b *block) values() values {
	if b.ranged {
		return b.ranges.values()
	}
	return b.nets.values()
}

func (b *block) text(s string) []byte {
	t, ok := b.texts[s]
	if !ok {
		t = []byte(s)
		b.texts[s] = t
	}
	return t
}

// line reads one line of the block.
func (b *block) line(d *parser.Directive) error {
	if d.Err != nil {
		return *d.Err
	}
	if d.Block != nil {
		return b.call.ErrorIn(d, `unexpected "{"`)
	}
	line := &spec.Call{Directive: d, Scope: b.call.Scope, Entry: b.call.Entry}
	word := d.Name.Text
	switch {
	case len(d.Args) == 0 && word == "ranges":
		if b.nets.used {
			return line.Errorf(-1, `the "ranges" directive must be the first directive inside "geo" block`)
		}
		b.ranged = true
		return nil
	case len(d.Args) == 0 && word == "proxy_recursive" && b.proxied:
		b.recursive = true
		return nil
	case len(d.Args) == 0 && word == "volatile":
		b.volatile = true
		return nil
	case len(d.Args) != 1:
		return line.Errorf(-1, "invalid number of the geo parameters")
	case word == "proxy" && b.proxied:
		p, err := network(line, 0, d.Args[0].Text)
		if err == nil {
			b.proxies = append(b.proxies, p)
		}
		return err
	case b.ranged:
		return b.rangeLine(line, word, d.Args[0].Text)
	}
	return b.networkLine(line, word, d.Args[0].Text)
}
