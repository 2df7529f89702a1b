package h1

import "understudy/runtime/header"

// A fieldReader reads header lines, one at a time, as
// ngx_http_parse_header_line does.
type fieldReader struct {
	state fieldState
	pos   int // the next byte to look at

	// The line being read, or the last one read; offsets into the buffer.
	name, nameEnd   int
	value, valueEnd int
	hash            uint32
	invalid         bool // the name has bytes that no valid one has

	underscores bool // are valid in names
	upstream    bool // a second status line among the fields is skipped
}

type fieldState uint8

const (
	fieldStart fieldState = iota
	fieldName
	fieldBeforeValue
	fieldValue
	fieldSkip
	fieldEnd
	fieldsEnd
)

// The results of fieldReader.parse.
type fieldResult uint8

const (
	fieldMore fieldResult = iota // the line goes on behind the end
	fieldLine                    // a line has been read
	fieldDone                    // the empty line has been read
	fieldBad                     // the byte at valueEnd may not be there
)

// parse reads buf[r.pos:end] up to the end of a line.
func (r *fieldReader) parse(buf []byte, end int) fieldResult {
	p := r.pos
	for ; p < end; p++ {
		c := buf[p]
		switch r.state {
		case fieldStart:
			r.name, r.invalid, r.hash = p, false, header.HashStart
			switch {
			case c == '\r':
				r.valueEnd = p
				r.state = fieldsEnd
				continue
			case c == '\n':
				r.valueEnd = p
				return r.to(p+1, fieldDone)
			case c == ':':
				r.valueEnd = p
				return r.to(p, fieldBad)
			}
			r.state = fieldName
			fallthrough

		case fieldName:
			for class[c]&isName != 0 {
				r.hash = header.HashByte(r.hash, c)
				if p++; p == end {
					return r.to(p, fieldMore)
				}
				c = buf[p]
			}
			switch {
			case c == ':':
				r.nameEnd = p
				r.state = fieldBeforeValue
			case c == '_':
				r.hash = header.HashByte(r.hash, c)
				r.invalid = r.invalid || !r.underscores
			case c == '\r' || c == '\n':
				// A line without a colon is a field without a value.
				r.nameEnd, r.value, r.valueEnd = p, p, p
				if c == '\n' {
					return r.to(p+1, fieldLine)
				}
				r.state = fieldEnd
			case c == '/' && r.upstream && p-r.name == 4 && string(buf[r.name:p]) == "HTTP":
				r.state = fieldSkip
			case class[c]&isNameBad != 0:
				r.valueEnd = p
				return r.to(p, fieldBad)
			default:
				r.hash = header.HashByte(r.hash, c)
				r.invalid = true
			}

		case fieldBeforeValue:
			switch c {
			case ' ':
				continue
			case '\r':
				r.value, r.valueEnd = p, p
				r.state = fieldEnd
				continue
			case '\n':
				r.value, r.valueEnd = p, p
				return r.to(p+1, fieldLine)
			case 0:
				r.valueEnd = p
				return r.to(p, fieldBad)
			}
			r.value = p
			r.state = fieldValue
			fallthrough

		case fieldValue:
			for class[c]&isValue != 0 {
				if p++; p == end {
					return r.to(p, fieldMore)
				}
				c = buf[p]
			}
			r.valueEnd = p
			if c == 0 {
				return r.to(p, fieldBad)
			}
			for buf[r.valueEnd-1] == ' ' { // not before value: that is no space
				r.valueEnd--
			}
			if c == '\n' {
				return r.to(p+1, fieldLine)
			}
			r.state = fieldEnd

		case fieldSkip:
			if c == '\n' {
				r.state = fieldStart
			}

		case fieldEnd:
			switch c {
			case '\n':
				return r.to(p+1, fieldLine)
			case '\r':
			default:
				return r.to(p, fieldBad)
			}

		case fieldsEnd:
			if c != '\n' {
				return r.to(p, fieldBad)
			}
			return r.to(p+1, fieldDone)
		}
	}
	return r.to(p, fieldMore)
}

func (r *fieldReader) to(pos int, res fieldResult) fieldResult {
	r.pos = pos
	if res == fieldLine || res == fieldDone {
		r.state = fieldStart
	}
	return res
}

// add appends the line that has been read to b.
func (r *fieldReader) add(b *header.Block) *header.Field {
	f := b.AddHashed(r.name, r.nameEnd, r.value, r.valueEnd, r.hash)
	f.Invalid = r.invalid
	return f
}

// begin makes r read lines from offset pos.
func (r *fieldReader) begin(pos int) {
	*r = fieldReader{pos: pos, underscores: r.underscores, upstream: r.upstream}
}
