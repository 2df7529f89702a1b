package ssi

import (
	"bytes"

	"understudy/runtime/logs"
	"understudy/runtime/regex"
)

// ifCommand is if, and elif. The expression is a text, true unless empty, or
// two of them with "=" or "!=" between; between slashes, the second is a
// regular expression. (ngx_http_ssi_if)
func (p *page) ifCommand(args []*[]byte) bool {
	if len(p.command) == len("if") && p.conditional != outside {
		p.errorf(`the "if" command inside the "if" command`)
		return false
	}
	if p.chosen {
		p.output = false
		return true
	}
	expr := *args[0]
	n := 0
	for n < len(expr) && (letter(expr[n]) || bytes.IndexByte([]byte(`${}"'`), expr[n]) >= 0) {
		if expr[n] >= 'A' && expr[n] <= 'Z' {
			expr[n] |= 0x20
		}
		n++
	}
	left, ok := p.evaluate(expr[:n:n], false)
	if !ok {
		return false
	}
	rest := bytes.TrimLeft(expr[n:], " ")
	if len(rest) == 0 {
		p.choose(len(left) > 0)
		return true
	}
	negative := false
	switch {
	case rest[0] == '=':
		rest = rest[1:]
	case bytes.HasPrefix(rest, []byte("!=")):
		negative, rest = true, rest[2:]
	default:
		return p.invalid(expr)
	}
	rest = bytes.TrimLeft(rest, " ")
	if len(rest) > 1 && rest[0] == '/' {
		if rest[len(rest)-1] != '/' {
			return p.invalid(expr)
		}
		pattern, ok := p.evaluate(rest[1:len(rest)-1:len(rest)-1], false)
		if !ok {
			return false
		}
		matched, ok := p.match(pattern, left)
		if ok {
			p.choose(matched != negative)
		}
		return ok
	}
	if len(rest) > 1 && rest[0] == '\\' && rest[1] == '/' {
		rest = rest[1:]
	}
	right, ok := p.evaluate(rest, false)
	if ok {
		p.choose(bytes.Equal(left, right) != negative)
	}
	return ok
}

func (p *page) invalid(expr []byte) bool {
	p.errorf(`invalid expression in "%s"`, expr)
	return false
}

// choose takes a branch, or does not.
func (p *page) choose(yes bool) {
	p.output, p.conditional = yes, inIf
	if yes {
		p.chosen = true
	}
}

func (p *page) elseCommand([]*[]byte) bool {
	p.output, p.conditional = !p.chosen, inElse
	return true
}

func (p *page) endif([]*[]byte) bool {
	p.output, p.chosen, p.conditional = true, false, outside
	return true
}

// match matches a pattern that is part of a page, and keeps its captures.
// (ngx_http_ssi_regex_match)
func (p *page) match(pattern, subject []byte) (matched, ok bool) {
	re, err := regex.Compile(string(pattern), regex.Options{})
	if err != nil {
		p.errorf("%v", err)
		return false, false
	}
	caps, matched, err := re.Match(subject, nil)
	if err != nil {
		p.r.Errorf(logs.Alert, `pcre2_match() failed: %v on "%s" using "%s"`, err, subject, pattern)
		return false, false
	}
	if !matched {
		return false, true
	}
	group := func(i int) []byte {
		if caps[2*i] < 0 {
			return []byte{}
		}
		return subject[caps[2*i]:caps[2*i+1]]
	}
	last := len(caps)/2 - 1
	for caps[2*last] < 0 { // those behind the last that matched are not set
		last--
	}
	p.shared.captures = nil
	for i := 0; i <= last; i++ {
		p.shared.captures = append(p.shared.captures, group(i))
	}
	for _, n := range re.Names() {
		p.shared.variables[lower([]byte(n.Name))] = group(n.Index)
	}
	return true, true
}
