package ssi

import (
	"bytes"

	"understudy/runtime/h1"
)

// A verb is a command that there is.
type verb struct {
	params []string  // those it may have
	must   int       // so many of them it must have, the first
	inside condition // where it may stand: inElse means inIf too; outside, anywhere
	ends   bool      // it ends a block, and so is run inside
	run    func(p *page, args []*[]byte) bool
}

// verbOf returns the command of a name, or nil.
func verbOf(name []byte) *verb {
	switch string(name) {
	case "include":
		return &verb{params: includeParams[:], run: (*page).include}
	case "echo":
		return &verb{params: echoParams[:], must: 1, run: (*page).echo}
	case "config":
		return &verb{params: configParams[:], run: (*page).config}
	case "set":
		return &verb{params: setParams[:], must: 2, run: (*page).set}
	case "if":
		return &verb{params: ifParams[:], must: 1, run: (*page).ifCommand}
	case "elif":
		return &verb{params: ifParams[:], must: 1, inside: inIf, run: (*page).ifCommand}
	case "else":
		return &verb{inside: inIf, run: (*page).elseCommand}
	case "endif":
		return &verb{inside: inElse, run: (*page).endif}
	case "block":
		return &verb{params: blockParams[:], must: 1, run: (*page).block}
	case "endblock":
		return &verb{ends: true, run: (*page).endblock}
	}
	return nil
}

// The parameters of commands, in the order in which they are passed.
var (
	includeParams = [...]string{"virtual", "file", "wait", "set", "stub"}
	echoParams    = [...]string{"var", "default", "encoding"}
	configParams  = [...]string{"errmsg", "timefmt"}
	setParams     = [...]string{"var", "value"}
	ifParams      = [...]string{"expr"}
	blockParams   = [...]string{"name"}
)

// run runs the command that was found.
func (p *page) run() {
	v := verbOf(p.command)
	switch {
	case v == nil:
		if p.output {
			p.errorf(`invalid SSI command: "%s"`, p.command)
			p.failed()
		}
		return
	case p.output || v.ends:
	case p.inBlock:
		p.keep()
		return
	case v.inside == outside:
		return
	}
	if v.inside != outside && (p.conditional == outside || p.conditional > v.inside) {
		p.errorf(`invalid context of SSI command: "%s"`, p.command)
		p.failed()
		return
	}
	var args [len(includeParams)]*[]byte
	if !p.arguments(v, &args) || !v.run(p, args[:]) {
		p.failed()
	}
}

// keep adds a command inside a block to it.
func (p *page) keep() {
	last := &p.shared.blocks[len(p.shared.blocks)-1]
	b := append(append(last.text, mark...), p.command...)
	for i := range p.params {
		x := &p.params[i]
		b = append(append(append(append(append(b, ' '), x.key...), `="`...), x.value...), '"')
	}
	last.text = append(b, " -->"...)
}

// arguments sorts the parameters. It reports whether they are as they should be.
func (p *page) arguments(v *verb, args *[len(includeParams)]*[]byte) bool {
	if len(p.params) > maxParams {
		p.errorf(`too many SSI command parameters: "%s"`, p.command)
		return false
	}
next:
	for i := range p.params {
		x := &p.params[i]
		for j, name := range v.params {
			if string(x.key) != name {
				continue
			}
			if args[j] != nil {
				p.errorf(`duplicate "%s" parameter in "%s" SSI command`, x.key, p.command)
				return false
			}
			args[j] = &x.value
			continue next
		}
		p.errorf(`invalid parameter name: "%s" in "%s" SSI command`, x.key, p.command)
		return false
	}
	for j, name := range v.params[:v.must] {
		if args[j] == nil {
			p.errorf(`mandatory "%s" parameter is absent in "%s" SSI command`, name, p.command)
			return false
		}
	}
	return true
}

// An encoding is how echo writes a value.
type encoding int8

const (
	encodeEntity encoding = iota
	encodeURL
	encodeNone
)

var encodings = map[string]encoding{"entity": encodeEntity, "url": encodeURL, "none": encodeNone}

// echo sends the value of a variable.
func (p *page) echo(args []*[]byte) bool {
	name, other, enc := *args[0], args[1], args[2]
	value, found, ok := p.variable(name)
	switch {
	case !ok:
		return false
	case found:
	case other != nil:
		value = *other
	default:
		value = []byte("(none)")
	}
	if len(value) == 0 {
		return true
	}
	if enc != nil {
		if e, ok := encodings[string(*enc)]; ok {
			p.encoding = e
		} else {
			p.errorf(`unknown encoding "%s" in the "echo" command`, *enc)
		}
	}
	switch p.encoding {
	case encodeURL:
		value = h1.AppendEscape(nil, value, h1.EscapeHTML)
	case encodeEntity:
		value = h1.AppendEscapeHTML(nil, value)
	}
	p.send(value)
	return true
}

// config sets how times and errors are written.
func (p *page) config(args []*[]byte) bool {
	if args[1] != nil {
		p.timefmt = *args[1]
	}
	if args[0] != nil {
		p.errmsg = *args[0]
	}
	return true
}

// set gives a variable a value.
func (p *page) set(args []*[]byte) bool {
	value, ok := p.evaluate(*args[1], false)
	if ok {
		p.shared.variables[lower(*args[0])] = value
	}
	return ok
}

// block begins a block, of which nothing is sent now.
func (p *page) block(args []*[]byte) bool {
	p.shared.blocks = append(p.shared.blocks, block{name: *args[0]})
	p.output, p.inBlock = false, true
	return true
}

func (p *page) endblock([]*[]byte) bool {
	p.output, p.inBlock = true, false
	return true
}

func lower(name []byte) string { return string(bytes.ToLower(name)) }
