package ssi

import (
	"bytes"
	"strconv"
	"time"

	"understudy/runtime/httpd"
)

const (
	dateLocal   = "date_local"
	dateGMT     = "date_gmt"
	defaultTime = "%A, %d-%b-%Y %H:%M:%S %Z"

	// maxDate is the longest date, in bytes.
	maxDate = 2048 - 1
)

// date is the value of $date_local and $date_gmt. There is none if it is empty
// or too long.
func date(r *httpd.Request, gmt bool) ([]byte, bool) {
	format := []byte(defaultTime)
	if p, ok := r.Context(pageOf{}).(*page); ok {
		format = p.timefmt
	}
	now := time.Now()
	if gmt {
		now = now.UTC()
	}
	text := appendTime(nil, format, now)
	if len(text) == 0 || len(text) > maxDate {
		return nil, false
	}
	return r.Copy(text), true
}

// appendTime formats t as strftime does in the C locale; a time of UTC has the
// zone GMT. What it does not know it copies.
func appendTime(dst, format []byte, t time.Time) []byte {
	for len(format) > 0 {
		i := bytes.IndexByte(format, '%')
		if i < 0 {
			return append(dst, format...)
		}
		dst = append(dst, format[:i]...)
		c, n, d := directive(format[i:])
		if n == 0 {
			return append(dst, format[i:]...)
		}
		if text, ok := timeField(c, t, d.pad); ok {
			dst = d.append(dst, text)
		} else {
			dst = append(dst, format[i:i+n]...)
		}
		format = format[i+n:]
	}
	return dst
}

// A padding is what stands between "%" and the letter: an extension of glibc.
type padding struct {
	pad   byte // '_', '-', '0' or 0
	upper bool
	swap  bool
	width int
}

// directive takes a directive of format apart; n of 0 means it is not complete.
func directive(format []byte) (c byte, n int, d padding) {
	n = 1
flags:
	for ; n < len(format); n++ {
		switch format[n] {
		case '_', '-', '0':
			d.pad = format[n]
		case '^':
			d.upper = true
		case '#':
			d.swap = true
		default:
			break flags
		}
	}
	for ; n < len(format) && format[n] >= '0' && format[n] <= '9'; n++ {
		d.width = min(d.width*10+int(format[n]-'0'), maxDate+1)
	}
	if n < len(format) && (format[n] == 'E' || format[n] == 'O') { // of other locales
		n++
	}
	if n == len(format) {
		return 0, 0, d
	}
	return format[n], n + 1, d
}

func (d *padding) append(dst []byte, text string) []byte {
	b := []byte(text)
	switch {
	case d.upper:
		b = bytes.ToUpper(b)
	case d.swap && bytes.Equal(b, bytes.ToUpper(b)):
		b = bytes.ToLower(b)
	case d.swap:
		b = bytes.ToUpper(b)
	}
	pad := byte(' ')
	if d.pad == '0' || d.pad == 0 && len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
		pad = '0'
	}
	for n := d.width - len(b); n > 0; n-- {
		dst = append(dst, pad)
	}
	return append(dst, b...)
}

// composed are the directives that stand for others.
var composed = map[byte]string{
	'c': "%a %b %e %H:%M:%S %Y", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'r': "%I:%M:%S %p",
	'R': "%H:%M", 'T': "%H:%M:%S", 'x': "%m/%d/%y", 'X': "%H:%M:%S",
}

// layouts are the directives that are one of package time.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'h': "Jan", 'p': "PM", 'P': "pm", 'z': "-0700",
}

// timeField is what a directive stands for.
func timeField(c byte, t time.Time, pad byte) (string, bool) {
	number := func(n, width int, fill byte) (string, bool) {
		switch pad {
		case '-':
			width = 0
		case '_':
			fill = ' '
		case '0':
			fill = '0'
		}
		s := strconv.Itoa(n)
		for len(s) < width {
			s = string(fill) + s
		}
		return s, true
	}
	if f := composed[c]; f != "" {
		return string(appendTime(nil, []byte(f), t)), true
	}
	if l := layouts[c]; l != "" {
		return t.Format(l), true
	}
	hour12 := (t.Hour()+11)%12 + 1
	year, week := t.ISOWeek()
	weekday, yearday := int(t.Weekday()), t.YearDay()-1
	switch c {
	case 'C':
		return number(t.Year()/100, 2, '0')
	case 'd':
		return number(t.Day(), 2, '0')
	case 'e':
		return number(t.Day(), 2, ' ')
	case 'g':
		return number(year%100, 2, '0')
	case 'G':
		return number(year, 1, '0')
	case 'H':
		return number(t.Hour(), 2, '0')
	case 'I':
		return number(hour12, 2, '0')
	case 'j':
		return number(yearday+1, 3, '0')
	case 'k':
		return number(t.Hour(), 2, ' ')
	case 'l':
		return number(hour12, 2, ' ')
	case 'm':
		return number(int(t.Month()), 2, '0')
	case 'M':
		return number(t.Minute(), 2, '0')
	case 'n':
		return "\n", true
	case 's':
		return strconv.FormatInt(t.Unix(), 10), true
	case 'S':
		return number(t.Second(), 2, '0')
	case 't':
		return "\t", true
	case 'u':
		return number((weekday+6)%7+1, 1, '0')
	case 'U':
		return number((yearday+7-weekday)/7, 2, '0')
	case 'V':
		return number(week, 2, '0')
	case 'w':
		return number(weekday, 1, '0')
	case 'W':
		return number((yearday+7-(weekday+6)%7)/7, 2, '0')
	case 'y':
		return number(t.Year()%100, 2, '0')
	case 'Y':
		return number(t.Year(), 1, '0')
	case 'Z':
		if t.Location() == time.UTC {
			return "GMT", true
		}
		zone, _ := t.Zone()
		return zone, true
	case '%':
		return "%", true
	}
	return "", false
}
