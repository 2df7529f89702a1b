package parser

import (
	"fmt"
	"strings"

	"understudy/parser/diag"
)

// maxToken is nginx's NGX_CONF_BUFFER. nginx keeps what it reads of a file in a
// buffer of this size, so that no word and no comment may be longer.
const maxToken = 4096

// maxDepth bounds how deep blocks may nest. nginx's bound is its stack.
const maxDepth = 1024

// A kind says what a text is a part of: not all of nginx's rules hold for each.
type kind int8

const (
	configFile kind = iota
	commandLine
)

// A statement is what ngx_conf_read_token returns at once: words and the byte
// that ends them, or a "}", which has no words.
type statement struct {
	words []Word
	end   byte // ';', '{' or '}'
	line  int
	col   int // where end stands
}

// A scanner splits a text into statements by the rules of ngx_conf_read_token.
// They are not a shell's: a quote opens a string only at the start of a word,
// "}" and "#" inside a word are part of it, and a backslash keeps the next byte
// from ending the word but stays in it unless it stands before one of "'\ or
// spells \t, \r or \n.
type scanner struct {
	file string
	src  string
	kind kind

	i     int // offset of the next byte
	line  int // of that byte
	begin int // offset at which that line begins

	open  []int // indexes of the statements whose blocks are open
	depth int   // of the block around the text

	words []Word // of the current statement
	chunk []Word // where words that are done are kept: its length is used
	out   []statement
}

// scan returns the statements of src that stand before its first syntax error,
// and that error. Every block that is opened is closed unless there is an error.
func scan(file, src string, k kind, depth int) ([]statement, *diag.Diagnostic) {
	s := &scanner{file: file, src: src, kind: k, line: 1, depth: depth}
	s.out = make([]statement, 0, strings.Count(src, ";")+strings.Count(src, "{")+strings.Count(src, "}")) // rarely more than there are
	for {
		more, err := s.statement()
		if err != nil || !more {
			return s.out, err
		}
	}
}

func (s *scanner) pos(i int) diag.Pos {
	return diag.Pos{File: s.file, Line: s.line, Col: i - s.begin + 1}
}

// fail makes an error about the byte at i, which is on the current line.
func (s *scanner) fail(i int, detail, format string, args ...any) *diag.Diagnostic {
	return failAt(s.pos(i), detail, fmt.Sprintf(format, args...))
}

func failAt(at diag.Pos, detail, msg string) *diag.Diagnostic {
	return &diag.Diagnostic{
		Pos: at, Severity: diag.Error, Code: "syntax", Msg: msg, Detail: detail, Line: at.Line,
	}
}

// statement reads up to the end of the next statement. It reports false at the
// end of the text.
func (s *scanner) statement() (bool, *diag.Diagnostic) {
	s.words = s.words[:0]
	held := s.i // first byte that nginx still keeps in its buffer
	var last diag.Pos
	for {
		if s.i >= len(s.src) {
			return false, s.eof()
		}
		if s.i-held >= maxToken && s.kind == configFile {
			return false, s.tooLong(held, 0, last)
		}
		held = s.i
		switch c := s.src[s.i]; c {
		case '\n':
			s.i++
			s.line++
			s.begin = s.i
		case ' ', '\t', '\r':
			s.i++
		case '#':
			if err := s.comment(); err != nil {
				return false, err
			}
		case ';', '{':
			if len(s.words) == 0 {
				return false, s.fail(s.i, "", `unexpected "%c"`, c)
			}
			return true, s.end(c)
		case '}':
			if len(s.words) > 0 {
				return false, s.fail(s.i, fmt.Sprintf("%q at line %d is not ended by \";\"", s.words[0].Raw, s.words[0].Pos.Line), `unexpected "}"`)
			}
			return true, s.closing()
		default:
			last = s.pos(s.i)
			var err *diag.Diagnostic
			if c == '"' || c == '\'' {
				held++
				err = s.quoted(c)
			} else {
				err = s.plain()
			}
			if err != nil {
				return false, err
			}
			// nginx forgets a word only when it looks at the byte after
			// the one that ended it.
			if c := s.src[s.i]; c == ' ' || c == '\t' || c == '\r' || c == '\n' {
				s.i++
				if c == '\n' {
					s.line++
					s.begin = s.i
				}
			} else if c == ';' || c == '{' {
				return true, s.end(c)
			}
		}
	}
}

// limit returns the offset at which a word that is held from the offset held
// is too long, or the end of the text.
func (s *scanner) limit(held int) int {
	if s.kind == commandLine || len(s.src)-held <= maxToken {
		return len(s.src)
	}
	return held + maxToken
}

// comment reads a comment, without the line feed that ends it.
func (s *scanner) comment() *diag.Diagnostic {
	limit := s.limit(s.i)
	if n := strings.IndexByte(s.src[s.i:limit], '\n'); n >= 0 {
		s.i += n
		return nil
	}
	if limit < len(s.src) {
		return s.tooLong(s.i, 0, s.pos(s.i))
	}
	s.i = limit
	return nil
}

// plain reads a word that does not begin with a quote, up to the byte that ends it.
func (s *scanner) plain() *diag.Diagnostic {
	var (
		start    = s.i
		at       = s.pos(start)
		limit    = s.limit(start)
		escaped  = false
		variable = false // after "$": a "{" does not end the word
	)
	for i := start; i < limit; i++ {
		c := s.src[i]
		if !special[c] {
			variable = false
			continue
		}
		switch c {
		case '{':
			if variable {
				continue
			}
		case '\\':
			escaped = true
			variable = false
			if i++; i < limit && s.src[i] == '\n' {
				s.line++
				s.begin = i + 1
			}
			continue
		case '$':
			variable = true
			continue
		}
		raw := s.src[start:i]
		text := raw
		if escaped {
			text = unescape(raw)
		}
		s.words = append(s.words, Word{Text: text, Raw: raw, Pos: at})
		s.i = i
		return nil
	}
	if limit < len(s.src) {
		return s.tooLong(start, 0, at)
	}
	s.i = limit
	return s.unfinished(at)
}

// special are the bytes that end a plain word or keep another from ending it.
var special = [256]bool{' ': true, '\t': true, '\r': true, '\n': true, ';': true, '{': true, '\\': true, '$': true}

// quoted reads a string and looks at the byte after it.
func (s *scanner) quoted(quote byte) *diag.Diagnostic {
	var (
		start   = s.i + 1
		at      = s.pos(s.i)
		limit   = s.limit(start)
		escaped = false
	)
	for i := start; i < limit; i++ {
		c := s.src[i]
		if c == '\\' {
			escaped = true
			if i++; i >= limit {
				break
			}
			if s.src[i] != '\n' {
				continue
			}
			c = '\n'
		}
		if c == '\n' {
			s.line++
			s.begin = i + 1
		}
		if c != quote {
			continue
		}
		text := s.src[start:i]
		if escaped {
			text = unescape(text)
		}
		s.words = append(s.words, Word{Text: text, Raw: s.src[start-1 : i+1], Pos: at})
		s.i = i + 1
		if s.i >= len(s.src) {
			return s.unfinished(s.words[0].Pos)
		}
		if s.i-start >= maxToken && s.kind == configFile {
			return s.tooLong(start, 0, at)
		}
		switch c := s.src[s.i]; c {
		case ' ', '\t', '\r', '\n', ';', '{', ')':
			return nil
		default:
			return s.fail(s.i, "a space is missing after the string", `unexpected "%s"`, s.src[s.i:s.i+1])
		}
	}
	if limit < len(s.src) {
		return s.tooLong(start, quote, at)
	}
	s.i = limit
	return s.unfinished(at)
}

// unescape resolves the escapes of a word.
func unescape(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			switch s[i+1] {
			case '"', '\'', '\\':
				i++
				c = s[i]
			case 't':
				i++
				c = '\t'
			case 'r':
				i++
				c = '\r'
			case 'n':
				i++
				c = '\n'
			}
		}
		b = append(b, c)
	}
	return string(b)
}

// tooLong is the error of a word that does not fit nginx's buffer; at is its
// start and quote the quote it waits for, or 0.
func (s *scanner) tooLong(held int, quote byte, at diag.Pos) *diag.Diagnostic {
	const detail = "nginx takes no word and no comment of more than 4096 bytes"
	if quote != 0 {
		return failAt(at, detail, fmt.Sprintf(`too long parameter, probably missing terminating "%c" character`, quote))
	}
	return failAt(at, detail, fmt.Sprintf(`too long parameter "%s..." started`, s.src[held:held+10]))
}

// eof is the error at the end of the text between two words, or nil.
func (s *scanner) eof() *diag.Diagnostic {
	switch {
	case len(s.words) > 0:
		return s.unfinished(s.words[0].Pos)
	case len(s.open) > 0:
		w := s.out[s.open[len(s.open)-1]].words[0]
		detail := fmt.Sprintf("the block %q at line %d is not closed", w.Raw, w.Pos.Line)
		if guess := s.guess(); guess != "" {
			detail += "\n" + guess
		}
		return s.fail(s.i, detail, `unexpected end of file, expecting "}"`)
	}
	return nil
}

// unfinished is the error at the end of the text within what begins at from.
func (s *scanner) unfinished(from diag.Pos) *diag.Diagnostic {
	detail := fmt.Sprintf("what begins at line %d, column %d is not ended", from.Line, from.Col)
	if s.kind == commandLine {
		return s.fail(s.i, detail, `unexpected end of parameter, expecting ";"`)
	}
	return s.fail(s.i, detail, `unexpected end of file, expecting ";" or "}"`)
}

// end ends a statement with the byte c, which stands at s.i.
func (s *scanner) end(c byte) *diag.Diagnostic {
	if c == '{' {
		if s.kind == commandLine {
			return s.fail(s.i, "", "block directives are not supported in -g option")
		}
		if s.depth++; s.depth > maxDepth {
			return s.fail(s.i, "", "blocks are nested more than %d deep", maxDepth)
		}
		s.open = append(s.open, len(s.out))
	}
	s.emit(c)
	return nil
}

// closing reads a "}" that closes a block.
func (s *scanner) closing() *diag.Diagnostic {
	if len(s.open) == 0 {
		return s.fail(s.i, "no block is open here", `unexpected "}"`)
	}
	s.open = s.open[:len(s.open)-1]
	s.depth--
	s.emit('}')
	return nil
}

func (s *scanner) emit(c byte) {
	s.out = append(s.out, statement{words: s.keep(), end: c, line: s.line, col: s.i - s.begin + 1})
	s.i++
}

// keep moves the words of the current statement to where they stay.
func (s *scanner) keep() []Word {
	n := len(s.words)
	if n == 0 {
		return nil
	}
	if cap(s.chunk)-len(s.chunk) < n {
		// Few words for a short text, larger chunks for a long one.
		s.chunk = make([]Word, 0, max(n, min(8+len(s.src)/16, 1024)))
	}
	from := len(s.chunk)
	s.chunk = append(s.chunk, s.words...)
	return s.chunk[from:len(s.chunk):len(s.chunk)]
}
