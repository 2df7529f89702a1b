package ssi

import "bytes"

const (
	// mark is what a command begins with.
	mark = "<!--#"

	// maxName is the longest name of a command or a parameter, in bytes.
	maxName = 32

	// maxParams is how many parameters a command may have.
	maxParams = 16
)

// A parser finds commands in text, which may come in pieces that are cut
// anywhere. (ngx_http_ssi_parse)
type parser struct {
	valueLength int
	errorf      func(format string, args ...any)

	state   state
	quote   byte // of the value
	command []byte
	params  []param
}

type param struct{ key, value []byte }

type state int8

const (
	inText   state = iota
	mark1          // "<" was seen
	mark2          // "<!"
	mark3          // "<!-"
	mark4          // "<!--"
	preName        // "<!--#"
	inName         // of the command
	preKey         //
	inKey          //
	preEqual       // behind a key
	preValue       // behind the "="
	inValue
	escaped // behind a backslash in a value
	postValue
	end1 // "-" was seen
	end2 // "--"
	inError
	errorEnd1
	errorEnd2
)

// An event is why parse returned.
type event int8

const (
	more    event = iota // all has been looked at
	command              // parser.command and parser.params are a command
	failed               // behind a command that cannot be understood
)

// found is what parse found.
type found struct {
	used  int    // bytes of the piece
	begun int    // bytes of the mark that came in earlier pieces, and are text
	text  []byte // part of the piece that is no command
	event event
}

// parse looks at a piece up to the end of its first command. What is text comes
// before that command.
func (p *parser) parse(b []byte) found {
	var f found
	begun := 0
	if p.state < preName {
		begun = int(p.state) // in earlier pieces
	}
	end := 0  // of the text
	tag := -1 // where the mark begins, if it is in this piece
	early := begun > 0
	for i := 0; i < len(b); i++ {
		if p.state == inText {
			n := bytes.IndexByte(b[i:], '<')
			if n < 0 {
				break
			}
			i += n
			tag, early, p.state = i, false, mark1
			continue
		}
		if p.state <= mark4 {
			switch c := b[i]; {
			case c == mark[p.state]:
				p.state++
				if p.state == preName && !early {
					end = tag
				}
				continue
			case c == '<':
				tag, p.state = i, mark1
			default:
				p.state = inText
			}
			if early { // what came earlier was no mark
				early, f.begun = false, begun
			}
			continue
		}
		if ev := p.inside(b[i]); ev != more {
			p.state = inText
			f.used, f.text, f.event = i+1, b[:end], ev
			return f
		}
	}
	switch {
	case p.state == inText:
		end = len(b)
	case p.state <= mark4 && !early:
		end = tag
	}
	f.used, f.text = len(b), b[:end]
	return f
}

func blank(c byte) bool { return c == ' ' || c == '\r' || c == '\n' || c == '\t' }

// inside looks at a byte of a command.
func (p *parser) inside(c byte) event {
	switch p.state {
	case preName:
		if !blank(c) {
			p.command = append(p.command[:0], c)
			p.params = p.params[:0]
			p.state = inName
		}
	case inName:
		switch {
		case blank(c):
			p.state = preKey
		case c == '-':
			p.state = end1
		case len(p.command) == maxName:
			p.fail(c, `the "%s%c..." SSI command is too long`, p.command, c)
		default:
			p.command = append(p.command, c)
		}
	case preKey:
		switch {
		case blank(c):
		case c == '-':
			p.state = end1
		default:
			p.params = append(p.params, param{key: []byte{c}})
			p.state = inKey
		}
	case end1:
		if c == '-' {
			p.state = end2
		} else {
			p.fail(0, `unexpected "%c" symbol in "%s" SSI command`, c, p.command)
		}
	case end2:
		if c == '>' {
			return command
		}
		p.fail(0, `unexpected "%c" symbol in "%s" SSI command`, c, p.command)
	case inError, errorEnd1, errorEnd2:
		switch {
		case p.state == errorEnd2 && c == '>':
			return failed
		case c == '-' && p.state != errorEnd2:
			p.state++
		default:
			p.state = inError
		}
	default:
		p.inParam(c, &p.params[len(p.params)-1])
	}
	return more
}

// inParam looks at a byte of a parameter.
func (p *parser) inParam(c byte, x *param) {
	switch p.state {
	case inKey:
		switch {
		case blank(c):
			p.state = preEqual
		case c == '=':
			p.state = preValue
		case c == '-':
			p.fail(c, `unexpected "-" symbol after "%s" parameter in "%s" SSI command`, x.key, p.command)
		case len(x.key) == maxName:
			p.fail(0, `too long "%s%c..." parameter in "%s" SSI command`, x.key, c, p.command)
		default:
			x.key = append(x.key, c)
		}
	case preEqual:
		switch {
		case blank(c):
		case c == '=':
			p.state = preValue
		default:
			p.fail(c, `unexpected "%c" symbol after "%s" parameter in "%s" SSI command`, c, x.key, p.command)
		}
	case preValue:
		switch {
		case blank(c):
		case c == '"' || c == '\'':
			p.quote, p.state = c, inValue
		default:
			p.fail(c, `unexpected "%c" symbol before value of "%s" parameter in "%s" SSI command`, c, x.key, p.command)
		}
	case inValue, escaped:
		switch {
		case p.state == escaped:
			p.state = inValue
		case c == p.quote:
			p.state = postValue
			return
		case c == '\\':
			p.state = escaped // and stays in the value, until that is evaluated
		}
		if len(x.value) == p.valueLength {
			p.fail(0, `too long "%s%c..." value of "%s" parameter in "%s" SSI command`, x.value, c, x.key, p.command)
			return
		}
		x.value = append(x.value, c)
	case postValue:
		switch {
		case blank(c):
			p.state = preKey
		case c == '-':
			p.state = end1
		default:
			p.fail(0, `unexpected "%c" symbol after "%s" value of "%s" parameter in "%s" SSI command`, c, x.value, x.key, p.command)
		}
	}
}

// fail gives a command up: it is skipped to its end, which c may begin.
func (p *parser) fail(c byte, format string, args ...any) {
	p.errorf(format, args...)
	p.state = inError
	if c == '-' {
		p.state = errorEnd1
	}
}
