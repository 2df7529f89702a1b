package h1

import "time"

// AppendTime appends a time, in seconds since the epoch, as HTTP writes it:
// "Mon, 28 Sep 1970 06:00:00 GMT". (ngx_http_time)
func AppendTime(dst []byte, unix int64) []byte {
	t := newDate(unix)
	dst = t.appendDay(dst, ' ')
	dst = append2(append2(dst, t.year/100), t.year%100)
	return t.appendClock(dst)
}

// AppendCookieTime appends a time as a cookie writes it:
// "Mon, 28-Sep-70 06:00:00 GMT". Years above 2037 have four digits, as old
// browsers take larger ones of two for the past. (ngx_http_cookie_time)
func AppendCookieTime(dst []byte, unix int64) []byte {
	t := newDate(unix)
	dst = t.appendDay(dst, '-')
	if t.year > 2037 {
		dst = append2(dst, t.year/100)
	}
	return t.appendClock(append2(dst, t.year%100))
}

type date struct{ wday, day, mon, year, hour, min, sec int }

// maxTime is the last second of year 9999, the last that has four digits.
const maxTime = 253402300799

func newDate(unix int64) date {
	t := time.Unix(max(0, min(unix, maxTime)), 0).UTC()
	y, m, d := t.Date()
	return date{int(t.Weekday()), d, int(m) - 1, y, t.Hour(), t.Minute(), t.Second()}
}

const (
	weekdays = "SunMonTueWedThuFriSat"
	months   = "JanFebMarAprMayJunJulAugSepOctNovDec"
)

func (t date) appendDay(dst []byte, sep byte) []byte {
	dst = append(dst, weekdays[t.wday*3:t.wday*3+3]...)
	dst = append(dst, ',', ' ')
	dst = append(append2(dst, t.day), sep)
	dst = append(dst, months[t.mon*3:t.mon*3+3]...)
	return append(dst, sep)
}

func (t date) appendClock(dst []byte) []byte {
	dst = append2(append(dst, ' '), t.hour)
	dst = append2(append(dst, ':'), t.min)
	dst = append2(append(dst, ':'), t.sec)
	return append(dst, " GMT"...)
}

func append2(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

// ParseTime parses a time in one of the three forms of RFC 9110 section 5.6.7
// as leniently as ngx_parse_http_time: the day of the week is not looked at,
// nor is what follows the seconds.
func ParseTime(b []byte) (unix int64, ok bool) {
	i := 0
	for i < len(b) && b[i] != ',' && b[i] != ' ' {
		i++
	}
	asctime := i < len(b) && b[i] == ' '
	for i++; i < len(b) && b[i] == ' '; i++ {
	}
	if i > len(b) || len(b)-i < 18 {
		return 0, false
	}
	p := dateReader{b: b[i:], ok: true}
	var t date
	if asctime {
		t = p.asctime()
	} else {
		t = p.rfc()
	}
	if !p.ok || t.hour > 23 || t.min > 59 || t.sec > 59 || t.day > days(t.mon, t.year) {
		return 0, false
	}
	return time.Date(t.year, time.Month(t.mon+1), t.day, t.hour, t.min, t.sec, 0, time.UTC).Unix(), true
}

// days returns how many days a month has.
func days(mon, year int) int {
	if mon == 1 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 29
	}
	return int("\x1f\x1c\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"[mon])
}

// A dateReader takes a date apart from left to right. What it reads past the
// end, or what is not there, makes it not ok.
type dateReader struct {
	b  []byte
	ok bool
}

// rfc reads "10 Nov 2002 23:50:13" or "10-Nov-02 23:50:13".
func (p *dateReader) rfc() (t date) {
	t.day = p.num(2)
	short := p.peek() == '-'
	sep := byte(' ')
	if short {
		sep = '-'
	}
	p.take(sep)
	t.mon = p.month()
	p.take(sep)
	if short {
		if t.year = p.num(2) + 1900; t.year < 1970 {
			t.year += 100
		}
	} else {
		t.year = p.num(4)
	}
	p.clock(&t)
	return t
}

// asctime reads "Dec 10 23:50:13 2002".
func (p *dateReader) asctime() (t date) {
	t.mon = p.month()
	p.skip() // whatever stands there
	if p.peek() == ' ' {
		p.skip()
	}
	if t.day = p.num(1); p.peek() != ' ' {
		t.day = t.day*10 + p.num(1)
	}
	p.clock(&t)
	p.take(' ')
	t.year = p.num(4)
	return t
}

func (p *dateReader) clock(t *date) {
	p.take(' ')
	t.hour = p.num(2)
	p.take(':')
	t.min = p.num(2)
	p.take(':')
	t.sec = p.num(2)
}

func (p *dateReader) peek() byte {
	if len(p.b) == 0 {
		return 0
	}
	return p.b[0]
}

func (p *dateReader) skip() byte {
	c := p.peek()
	if len(p.b) == 0 {
		p.ok = false
		return 0
	}
	p.b = p.b[1:]
	return c
}

func (p *dateReader) take(c byte) { p.ok = p.skip() == c && p.ok }

func (p *dateReader) num(digits int) (n int) {
	for range digits {
		c := p.skip()
		p.ok = p.ok && class[c]&isDigit != 0
		n = n*10 + int(c-'0')
	}
	return n
}

// month reads three letters, of which only those that tell the months apart
// count.
func (p *dateReader) month() int {
	a, b, c := p.skip(), p.skip(), p.skip()
	switch {
	case a == 'J' && b == 'a':
		return 0
	case a == 'F':
		return 1
	case a == 'M' && c == 'r':
		return 2
	case a == 'A' && b == 'p':
		return 3
	case a == 'M':
		return 4
	case a == 'J' && c == 'n':
		return 5
	case a == 'J':
		return 6
	case a == 'A':
		return 7
	case a == 'S':
		return 8
	case a == 'O':
		return 9
	case a == 'N':
		return 10
	case a == 'D':
		return 11
	}
	p.ok = false
	return 0
}
