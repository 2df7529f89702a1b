package h1

import "bytes"

// A URI is a request target taken apart.
type URI struct {
	Path  []byte // decoded and normalised
	Args  []byte // behind "?", as sent, up to "#"
	Exten []byte // behind the last "." of the last segment of Path

	Quoted bool // there was a "%" in the path
	Plus   bool // there was a "+" in the path
}

// AppendURI normalises the path of target, which must not be empty, at the end
// of dst: escapes are decoded, "/./" and "/../" resolved, and runs of slashes
// made one if mergeSlashes is set. u.Path and u.Exten are in dst, u.Args is in
// target. The error is ErrRequest: a bad escape, an escaped NUL, or a ".." that
// leaves the root. (ngx_http_parse_complex_uri)
func AppendURI(dst, target []byte, mergeSlashes bool) (out []byte, u URI, err error) {
	s := splitURI{base: len(dst)}
	out, ok := s.append(dst, target, mergeSlashes)
	if !ok {
		return dst, URI{}, ErrRequest
	}
	u = URI{Path: out[s.base:len(out):len(out)], Quoted: s.quoted, Plus: s.plus}
	if s.args > 0 {
		u.Args = target[s.args:s.argsEnd]
	}
	if s.ext > 0 {
		u.Exten = out[s.ext:len(out):len(out)]
	}
	return out, u, nil
}

// ParseTarget takes a target apart that must be a path: that of HTTP/2, or of
// a subrequest. Only a path that needs it is normalised, at the end of dst;
// any other stays in target. (ngx_http_parse_uri, ngx_http_process_request_uri)
func ParseTarget(dst, target []byte, mergeSlashes bool) (out []byte, u URI, err error) {
	var l requestLine
	if !l.path(target) {
		return dst, URI{}, ErrRequest
	}
	if l.complex || l.quoted {
		return AppendURI(dst, target, mergeSlashes)
	}
	u = URI{Path: target, Plus: l.plus}
	if l.args > 0 {
		u.Path, u.Args = target[:l.args-1], target[l.args:]
	}
	if l.ext > 0 {
		u.Exten = u.Path[l.ext:]
	}
	return dst, u, nil
}

// path reads target as a path with arguments, all of which it must be.
func (l *requestLine) path(target []byte) bool {
	if len(target) == 0 || target[0] != '/' {
		return false
	}
	for _, c := range target {
		if c <= ' ' || c == 0x7f {
			return false
		}
	}
	l.state, l.pos = lineAfterSlash, 1
	l.parse(target, len(target)) // no byte of target ends or fails it
	l.uriEnd = len(target)
	return true
}

// SetTarget gives h the target of a request that has no request line, as in
// HTTP/2. The error is ErrRequest.
func (h *RequestHead) SetTarget(target []byte, mergeSlashes bool) error {
	h.line = requestLine{method: h.line.method}
	if !h.line.path(target) {
		return ErrRequest
	}
	h.stage = stageDone
	return h.bindURI(target, mergeSlashes)
}

// bindURI normalises the path of the target, if it must be, and fills what
// depends on it. (ngx_http_process_request_uri)
func (h *RequestHead) bindURI(buf []byte, mergeSlashes bool) error {
	l := &h.line
	h.split = splitURI{}
	if !l.complex && !l.quoted && !l.emptyPath {
		h.bindTarget(buf)
		return nil
	}
	var ok bool
	if h.uri, ok = h.split.append(h.uri[:0], buf[l.uriStart:l.uriEnd], mergeSlashes); !ok {
		l.badPath = true
		h.URI = buf[:0:0] // there is one to nginx, and it is empty
		return ErrRequest
	}
	l.quoted = l.quoted || h.split.quoted
	l.plus = l.plus || h.split.plus
	h.bindTarget(buf)
	return nil
}

// bindTarget makes what comes from the target point into buf.
func (h *RequestHead) bindTarget(buf []byte) {
	l, s := &h.line, &h.split
	if l.badPath {
		return // as nginx does: there is no $request_uri, even
	}
	h.Target = buf[l.uriStart:l.uriEnd:l.uriEnd]
	h.Complex, h.Quoted, h.Plus, h.EmptyPath = l.complex, l.quoted, l.plus, l.emptyPath
	h.Args, h.Exten = nil, nil
	if l.complex || l.quoted || l.emptyPath {
		h.URI = h.uri[:len(h.uri):len(h.uri)]
		if s.args > 0 {
			h.Args = h.Target[s.args:s.argsEnd:s.argsEnd]
		}
		if s.ext > 0 {
			h.Exten = h.URI[s.ext:]
		}
		return
	}
	h.URI = h.Target
	if l.args > 0 {
		n := l.args - 1 - l.uriStart
		h.URI, h.Args = h.Target[:n:n], h.Target[n+1:]
	}
	if l.ext > 0 {
		h.Exten = h.URI[l.ext-l.uriStart:]
	}
}

// A splitURI normalises a path. Zero offsets stand for "not seen".
type splitURI struct {
	base          int // where the path begins in the destination
	ext           int // where the extension begins there
	args, argsEnd int // in the target
	quoted, plus  bool
}

type uriState uint8

const (
	uriUsual  uriState = iota
	uriSlash           // behind "/"
	uriDot             // behind "/."
	uriDotDot          // behind "/.."
)

func (s *splitURI) append(dst, target []byte, mergeSlashes bool) (out []byte, ok bool) {
	if target[0] == '?' {
		dst = append(dst, '/')
	}
	state := uriUsual
	for i := 0; i < len(target); {
		c := target[i]
		if class[c]&isUsual != 0 {
			n := i + 1
			for n < len(target) && class[target[n]]&isUsual != 0 {
				n++
			}
			dst = append(dst, target[i:n]...)
			i, state = n, uriUsual
			continue
		}
		i++
		switch c {
		case '%':
			if c, ok = unhex(target[i:]); !ok || c == 0 {
				return dst, false
			}
			s.quoted = true
			i += 2
			if c == '%' || c == '#' || c == '?' { // no longer with a meaning
				dst = append(dst, c)
				state = uriUsual
				continue
			}
		case '?':
			s.args, s.argsEnd = i, len(target)
			if n := bytes.IndexByte(target[i:], '#'); n >= 0 {
				s.argsEnd = i + n
			}
			return s.end(dst, state)
		case '#':
			return s.end(dst, state)
		}
		if c == '+' {
			s.plus = true
		}
		if dst, state, ok = s.step(dst, state, c, mergeSlashes); !ok {
			return dst, false
		}
	}
	return s.end(dst, state)
}

// step appends a byte that may be a slash or a dot.
func (s *splitURI) step(dst []byte, state uriState, c byte, mergeSlashes bool) ([]byte, uriState, bool) {
	switch {
	case c == '/' && state == uriUsual:
		s.ext = 0
		return append(dst, c), uriSlash, true
	case c == '/' && state == uriSlash:
		if !mergeSlashes {
			dst = append(dst, c)
		}
		return dst, uriSlash, true
	case c == '/':
		dst, ok := s.end(dst, state)
		return dst, uriSlash, ok
	case c == '.' && state == uriUsual:
		dst = append(dst, c)
		s.ext = len(dst)
		return dst, uriUsual, true
	case c == '.' && state != uriDotDot:
		return append(dst, c), state + 1, true
	}
	return append(dst, c), uriUsual, true
}

// end takes away a "." or ".." that stands last, with the segment before it.
func (s *splitURI) end(dst []byte, state uriState) ([]byte, bool) {
	switch state {
	case uriDot:
		dst = dst[:len(dst)-1]
	case uriDotDot:
		n := len(dst) - 3 // the slash before ".."
		for n--; ; n-- {
			if n < s.base {
				return dst, false
			}
			if dst[n] == '/' {
				return dst[:n+1], true
			}
		}
	}
	return dst, true
}

// unhex returns the byte that two hexadecimal digits at the start of b stand
// for.
func unhex(b []byte) (byte, bool) {
	if len(b) < 2 || hexDigit[b[0]] < 0 || hexDigit[b[1]] < 0 {
		return 0, false
	}
	return byte(hexDigit[b[0]]<<4 | hexDigit[b[1]]), true
}

// hexDigit is the value of a hexadecimal digit, or -1.
var hexDigit = func() (t [256]int8) {
	for i := range t {
		c := byte(i)
		switch {
		case c >= '0' && c <= '9':
			t[i] = int8(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			t[i] = int8(c|0x20-'a') + 10
		default:
			t[i] = -1
		}
	}
	return t
}()
