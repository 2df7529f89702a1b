package h1

// A requestLine reads the first line of a request, as
// ngx_http_parse_request_line does. Its offsets are into the buffer of the
// head; zero stands for "not seen", which is safe as only start may be zero.
type requestLine struct {
	state lineState
	pos   int // the next byte to look at

	start, end             int // of the line, without its CR LF
	methodEnd              int
	schemaStart, schemaEnd int
	hostStart, hostEnd     int
	uriStart, uriEnd       int
	ext, args              int // after the last "." of the path, after the "?"
	proto                  int

	major, minor int
	method       Method

	complex, quoted, plus, emptyPath bool

	badPath bool // it cannot be normalised
}

type lineState uint8

const (
	lineStart lineState = iota
	lineMethod
	lineBeforeURI
	lineSchema
	lineSchemaSlash
	lineSchemaSlashSlash
	lineBeforeHost
	lineHostStart
	lineHost
	lineHostEnd
	lineIPLiteral
	linePortStart
	linePort
	lineAfterSlash
	lineCheckURI
	lineURI
	lineAfterURI
	lineH
	lineHT
	lineHTT
	lineHTTP
	lineMajorStart
	lineMajor
	lineMinorStart
	lineMinor
	lineAfterVersion
	lineEnd
)

// parse reads buf[l.pos:end]. It returns ErrMore if the line goes on there.
func (l *requestLine) parse(buf []byte, end int) error {
	p := l.pos
	for ; p < end; p++ {
		c := buf[p]
	again:
		switch l.state {
		case lineStart:
			l.start = p
			if c == '\r' || c == '\n' {
				continue
			}
			if class[c]&isMethod == 0 {
				return l.fail(p, ErrMethod)
			}
			l.state = lineMethod

		case lineMethod:
			if class[c]&isMethod != 0 {
				continue
			}
			if c != ' ' {
				return l.fail(p, ErrMethod)
			}
			l.methodEnd = p
			l.method = MethodOf(buf[l.start:p])
			l.state = lineBeforeURI
			if l.method == CONNECT {
				l.state = lineBeforeHost
			}

		case lineBeforeURI:
			switch {
			case c == '/':
				l.uriStart = p
				l.state = lineAfterSlash
			case class[c]&isAlpha != 0:
				l.schemaStart = p
				l.state = lineSchema
			case c != ' ':
				return l.fail(p, ErrRequest)
			}

		case lineSchema:
			switch {
			case class[c]&isSchema != 0:
			case c == ':':
				l.schemaEnd = p
				l.state = lineSchemaSlash
			default:
				return l.fail(p, ErrRequest)
			}

		case lineSchemaSlash, lineSchemaSlashSlash:
			if c != '/' {
				return l.fail(p, ErrRequest)
			}
			if l.state++; l.state == lineBeforeHost {
				l.state = lineHostStart
			}

		case lineBeforeHost:
			if c != ' ' {
				l.state = lineHostStart
				goto again
			}

		case lineHostStart:
			l.hostStart = p
			if c == '[' {
				l.state = lineIPLiteral
				continue
			}
			l.state = lineHost
			goto again

		case lineHost:
			if class[c]&isHost != 0 {
				continue
			}
			l.state = lineHostEnd
			goto again

		case lineHostEnd:
			if c == ':' {
				l.state = linePortStart
				continue
			}
			l.hostEnd = p
			if l.method == CONNECT || !l.afterHost(c, p) {
				return l.fail(p, ErrRequest)
			}

		case lineIPLiteral:
			switch {
			case class[c]&isIPLiteral != 0:
			case c == ']':
				l.state = lineHostEnd
			default:
				return l.fail(p, ErrRequest)
			}

		case linePortStart:
			l.state = linePort
			if l.method == CONNECT && class[c]&isDigit == 0 {
				return l.fail(p, ErrRequest)
			}
			goto again

		case linePort:
			if class[c]&isDigit != 0 {
				continue
			}
			l.hostEnd = p
			if l.method != CONNECT {
				if !l.afterHost(c, p) {
					return l.fail(p, ErrRequest)
				}
				continue
			}
			if c != ' ' {
				return l.fail(p, ErrRequest)
			}
			l.state = lineAfterURI

		case lineAfterSlash:
			switch {
			case class[c]&isUsual != 0:
				l.state = lineCheckURI
			case c == '.' || c == '/' || c == '#':
				l.complex = true
				l.state = lineURI
			default:
				if done, err := l.inPath(c, p); done {
					return err
				}
			}

		case lineCheckURI:
			for class[c]&isUsual != 0 {
				if p++; p == end {
					l.pos = p
					return ErrMore
				}
				c = buf[p]
			}
			switch c {
			case '/':
				l.ext = 0
				l.state = lineAfterSlash
			case '.':
				l.ext = p + 1
			case '#':
				l.complex = true
				l.state = lineURI
			default:
				if done, err := l.inPath(c, p); done {
					return err
				}
			}

		case lineURI:
			for class[c]&(isUsual|isPathMark) != 0 {
				if p++; p == end {
					l.pos = p
					return ErrMore
				}
				c = buf[p]
			}
			if c == '#' {
				l.complex = true
				continue
			}
			if done, err := l.afterURI(c, p); done {
				return err
			}

		case lineAfterURI:
			switch c {
			case ' ':
			case 'H':
				l.proto = p
				l.state = lineH
			default:
				if done, err := l.afterURI(c, p); done {
					return err
				}
			}

		case lineH, lineHT, lineHTT, lineHTTP:
			if c != "TTP/"[l.state-lineH] {
				return l.fail(p, ErrRequest)
			}
			if l.state == lineHTTP && l.method == CONNECT {
				l.uriStart, l.uriEnd = p, p+1
			}
			l.state++

		case lineMajorStart, lineMajor:
			switch {
			case c == '.' && l.state == lineMajor:
				l.state = lineMinorStart
				continue
			case class[c]&isDigit == 0 || c == '0' && l.state == lineMajorStart:
				return l.fail(p, ErrRequest)
			}
			l.state = lineMajor
			if l.major = l.major*10 + int(c-'0'); l.major > 1 {
				return l.fail(p, ErrVersion)
			}

		case lineMinorStart:
			if class[c]&isDigit == 0 {
				return l.fail(p, ErrRequest)
			}
			l.minor = int(c - '0')
			l.state = lineMinor

		case lineMinor:
			switch {
			case c == '\r':
				l.state = lineEnd
			case c == '\n':
				return l.done(p)
			case c == ' ':
				l.state = lineAfterVersion
			case class[c]&isDigit == 0 || l.minor > 99:
				return l.fail(p, ErrRequest)
			default:
				l.minor = l.minor*10 + int(c-'0')
			}

		case lineAfterVersion:
			switch c {
			case ' ':
			case '\r':
				l.state = lineEnd
			case '\n':
				return l.done(p)
			default:
				return l.fail(p, ErrRequest)
			}

		case lineEnd:
			l.end = p - 1
			if c != '\n' {
				return l.fail(p, ErrRequest)
			}
			return l.done(p)
		}
	}
	l.pos = p
	return ErrMore
}

// afterHost takes the byte that ends the host of an absolute-form target.
func (l *requestLine) afterHost(c byte, p int) bool {
	switch c {
	case '/':
		l.uriStart = p
		l.state = lineAfterSlash
	case '?':
		l.uriStart, l.args = p, p+1
		l.emptyPath = true
		l.state = lineURI
	case ' ':
		// The path is "/", and the nearest one stands in "http://".
		l.uriStart, l.uriEnd = l.schemaEnd+1, l.schemaEnd+2
		l.state = lineAfterURI
	default:
		return false
	}
	return true
}

// inPath takes a byte that means the same everywhere in a path.
func (l *requestLine) inPath(c byte, p int) (done bool, err error) {
	switch c {
	case '%':
		l.quoted = true
		l.state = lineURI
	case '?':
		l.args = p + 1
		l.state = lineURI
	case '+':
		l.plus = true
	default:
		return l.afterURI(c, p)
	}
	return false, nil
}

// afterURI takes a byte that ends the target, or a byte that may not be in it.
func (l *requestLine) afterURI(c byte, p int) (done bool, err error) {
	if c != ' ' && c != '\r' && c != '\n' {
		return true, l.fail(p, ErrRequest)
	}
	if l.state != lineAfterURI {
		l.uriEnd = p
	}
	if c == ' ' {
		l.state = lineAfterURI
		return false, nil
	}
	l.minor = 9 // there is no version: HTTP/0.9
	if c == '\n' {
		return true, l.done(p)
	}
	l.state = lineEnd
	return false, nil
}

func (l *requestLine) done(p int) error {
	l.pos = p + 1
	if l.end == 0 {
		l.end = p
	}
	if l.version() == 9 && l.method != GET {
		return Err09Method
	}
	return nil
}

func (l *requestLine) fail(p int, err *Error) error {
	l.pos = p
	return err
}

// version is nginx's number of an HTTP version: 9, 1000, 1001.
func (l *requestLine) version() int { return l.major*1000 + l.minor }
