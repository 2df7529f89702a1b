package accesslog

import (
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/vars"
)

// An op is a piece of a format. One of its fields is set, or index counts.
type op[S vars.Subject] struct {
	text  []byte
	write func(dst []byte, s S) []byte
	index vars.Index
}

// An escaping is what is done to the bytes of variables.
type escaping struct {
	missing string // what stands for a variable without a value
	append  func(dst, val []byte) []byte
}

var escapings = map[string]*escaping{
	"default": {"-", appendEscaped},
	"json":    {"", h1.AppendEscapeJSON},
	"none":    {"", func(dst, val []byte) []byte { return append(dst, val...) }},
}

// A format is one log_format.
type format[S vars.Subject] struct {
	name  string
	table *vars.Table[S]
	ops   []op[S]
	esc   *escaping
}

// append appends a line for s, without its newline.
func (f *format[S]) append(dst []byte, s S) []byte {
	for i := range f.ops {
		switch o := &f.ops[i]; {
		case o.text != nil:
			dst = append(dst, o.text...)
		case o.write != nil:
			dst = o.write(dst, s)
		default:
			if val, ok := f.table.Get(s, o.index); ok {
				dst = f.esc.append(dst, val)
			} else {
				dst = append(dst, f.esc.missing...)
			}
		}
	}
	return dst
}

// parseFormat reads a log_format from its second argument on. Variables that
// the module knows better are among own.
func parseFormat[S vars.Subject](call *spec.Call, own map[string]func([]byte, S) []byte) (*format[S], error) {
	f := &format[S]{name: call.Args[0].Text, table: spec.VarsOf[S](call), esc: escapings["default"]}
	first := 1
	if name, ok := strings.CutPrefix(call.Args[1].Text, "escape="); ok {
		if f.esc = escapings[name]; f.esc == nil {
			return nil, call.Errorf(1, `unknown log format escaping "%s"`, name)
		}
		first = 2
	}
	for i := first; i < len(call.Args); i++ {
		if err := f.parse(call, i, call.Args[i].Text, own); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// parse adds the text of an argument. It is not a template: "$1" is a variable
// by that name, and not a capture.
func (f *format[S]) parse(call *spec.Call, arg int, text string, own map[string]func([]byte, S) []byte) error {
	for text != "" {
		if text[0] != '$' {
			end := strings.IndexByte(text, '$')
			if end < 0 {
				end = len(text)
			}
			f.ops = append(f.ops, op[S]{text: []byte(text[:end])})
			text = text[end:]
			continue
		}
		name, after, closed := cutName(text[1:])
		switch {
		case !closed:
			return call.Errorf(arg, `the closing bracket in "%s" variable is missing`, name)
		case name == "":
			return call.Errorf(arg, `invalid parameter "%s"`, text)
		}
		text = after
		if w := own[name]; w != nil {
			f.ops = append(f.ops, op[S]{write: w})
		} else {
			f.ops = append(f.ops, op[S]{index: f.table.Index(name, call.Args[arg].Pos)})
		}
	}
	return nil
}

// cutName takes the name of a variable off s, which follows a "$". A name in
// braces must be closed.
func cutName(s string) (name, after string, closed bool) {
	if s == "" || s == "{" {
		return "", "", true
	}
	braced := s[0] == '{'
	if braced {
		s = s[1:]
	}
	i := 0
	for i < len(s) && (s[i] == '_' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	name, after = s[:i], s[i:]
	if braced {
		if after, closed = strings.CutPrefix(after, "}"); !closed {
			return name, "", false
		}
	}
	return name, after, true
}

// appendEscaped writes bytes that could break a line or its quotes as \xXX.
func appendEscaped(dst, val []byte) []byte {
	const hex = "0123456789ABCDEF"
	start := 0
	for i, c := range val {
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			continue
		}
		dst = append(append(dst, val[start:i]...), '\\', 'x', hex[c>>4], hex[c&15])
		start = i + 1
	}
	return append(dst, val[start:]...)
}
