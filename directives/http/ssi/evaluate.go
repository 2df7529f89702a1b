package ssi

import "bytes"

func letter(c byte) bool {
	return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9'
}

// variable returns the value of a variable: of a capture, of one that a page
// has set, or of the request. It is not ok if it cannot be had.
// (ngx_http_ssi_get_variable)
func (p *page) variable(name []byte) (value []byte, found, ok bool) {
	if len(name) == 1 && name[0] >= '0' && name[0] <= '9' {
		if i := int(name[0] - '0'); i < len(p.shared.captures) {
			return p.shared.captures[i], true, true
		}
	}
	key := lower(name)
	if value, found = p.shared.variables[key]; found {
		return value, true, true
	}
	value, found = p.r.HTTP.Vars.Named(p.r, key)
	if !found && (key == dateLocal || key == dateGMT) {
		return nil, false, false
	}
	return value, found, true
}

// evaluate replaces the variables in a text, and the backslashes before quotes,
// dollars and backslashes. If uri is set, a text that does not begin with a
// slash is put behind the folder of the page. (ngx_http_ssi_evaluate_string)
func (p *page) evaluate(text []byte, uri bool) ([]byte, bool) {
	out := make([]byte, 0, len(text)+32)
	variables := false
	for i := 0; i < len(text); {
		if text[i] != '$' {
			var n int
			out, n = unquote(out, text[i:])
			i += n
			continue
		}
		variables = true
		name, n := p.name(text, i+1)
		if name == nil {
			return nil, false
		}
		i = n
		value, _, ok := p.variable(name)
		if !ok {
			return nil, false
		}
		out = append(out, value...)
	}
	if !uri || len(out) > 0 && out[0] == '/' || len(out) == 0 && variables {
		return out, true
	}
	folder := p.r.URI[:bytes.LastIndexByte(p.r.URI, '/')+1]
	return append(append(make([]byte, 0, len(folder)+len(out)), folder...), out...), true
}

// unquote appends text up to the first "$" without a backslash before it, and
// returns how much that is.
func unquote(dst, text []byte) (out []byte, n int) {
	quoted := false
	for n = 0; n < len(text); n++ {
		c := text[n]
		switch {
		case !quoted && c == '\\':
			quoted = true
			continue
		case !quoted && c == '$':
			return dst, n
		case quoted && c != '\\' && c != '\'' && c != '"' && c != '$':
			dst = append(dst, '\\')
		}
		quoted = false
		dst = append(dst, c)
	}
	return dst, n
}

// name returns the name of the variable behind a "$", and where the text goes
// on; nil if there is none.
func (p *page) name(text []byte, i int) (name []byte, end int) {
	braced := i < len(text) && text[i] == '{'
	if braced {
		i++
	}
	if i == len(text) {
		p.errorf(`invalid variable name in "%s"`, text)
		return nil, i
	}
	end = i
	for end < len(text) && letter(text[end]) {
		end++
	}
	name = text[i:end]
	if braced {
		if end == len(text) || text[end] != '}' {
			p.errorf(`the closing bracket in "%s" variable is missing`, name)
			return nil, end
		}
		end++
	}
	if len(name) == 0 {
		p.errorf(`invalid variable name in "%s"`, text)
		return nil, end
	}
	return name, end
}
