package h1

// A statusLine reads the first line of a response, as
// ngx_http_parse_status_line does.
type statusLine struct {
	state statusState
	pos   int // the next byte to look at

	code, end    int // of the status and its text
	major, minor int
	status       int
	digits       int
}

type statusState uint8

const (
	statusStart statusState = iota
	statusH
	statusHT
	statusHTT
	statusHTTP
	statusMajorStart
	statusMajor
	statusMinorStart
	statusMinor
	statusCode
	statusAfterCode
	statusText
	statusEnd
)

// parse reads from buf[l.pos:]. The error is ErrMore or ErrNoStatusLine.
func (l *statusLine) parse(buf []byte) error {
	for ; l.pos < len(buf); l.pos++ {
		p, c := l.pos, buf[l.pos]
		switch l.state {
		case statusStart, statusH, statusHT, statusHTT, statusHTTP:
			if c != "HTTP/"[l.state] {
				return ErrNoStatusLine
			}
			l.state++

		case statusMajorStart, statusMajor, statusMinorStart, statusMinor:
			if !l.version(c) {
				return ErrNoStatusLine
			}

		case statusCode:
			if c == ' ' {
				continue
			}
			if class[c]&isDigit == 0 {
				return ErrNoStatusLine
			}
			l.status = l.status*10 + int(c-'0')
			if l.digits++; l.digits == 3 {
				l.code = p - 2
				l.state = statusAfterCode
			}

		case statusAfterCode, statusText:
			switch {
			case c == '\r':
				l.state = statusEnd
			case c == '\n':
				l.end, l.pos = p, p+1
				return nil
			case l.state == statusAfterCode && c != ' ' && c != '.': // IIS sends 403.1
				return ErrNoStatusLine
			default:
				l.state = statusText
			}

		case statusEnd:
			if c != '\n' {
				return ErrNoStatusLine
			}
			l.end, l.pos = p-1, p+1
			return nil
		}
	}
	return ErrMore
}

// version takes a byte of the version.
func (l *statusLine) version(c byte) bool {
	digit := class[c]&isDigit != 0
	d := int(c - '0')
	switch l.state {
	case statusMajorStart:
		l.major, l.state = d, statusMajor
		return digit && c != '0'
	case statusMajor:
		if c == '.' {
			l.state = statusMinorStart
			return true
		}
		ok := digit && l.major <= 99
		l.major = l.major*10 + d
		return ok
	case statusMinorStart:
		l.minor, l.state = d, statusMinor
		return digit
	}
	if c == ' ' {
		l.state = statusCode
		return true
	}
	ok := digit && l.minor <= 99
	l.minor = l.minor*10 + d
	return ok
}
