package headers

import (
	"errors"
	"strconv"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// An expires is what the directive says.
type expires struct {
	rule  rule
	time  time.Duration   // whole seconds; since midnight if rule is daily
	value *httpd.Template // that has variables: what rule and time are set by
}

type rule int8

const (
	access   rule = iota // time counts from now
	modified             // from the response's Last-Modified
	daily                // from midnight, local time
	epoch
	forever // "max"
	off
)

func parseExpires(call *spec.Call) (*expires, error) {
	e, i := &expires{}, 0
	if len(call.Args) == 2 {
		if call.Args[0].Text != "modified" {
			return nil, errors.New("invalid value")
		}
		e.rule, i = modified, 1
	}
	t, err := call.Template(i)
	if err != nil {
		return nil, err
	}
	if _, literal := t.Literal(); !literal {
		e.value = t
		return e, nil
	}
	return e, e.parse(call.Args[i].Text)
}

// parse reads a time, or a word. (ngx_http_parse_expires)
func (e *expires) parse(s string) error {
	if e.rule != modified {
		switch s {
		case "epoch":
			e.rule = epoch
			return nil
		case "max":
			e.rule = forever
			return nil
		case "off":
			e.rule = off
			return nil
		}
	}
	minus := false
	if s != "" {
		switch s[0] {
		case '@':
			if e.rule == modified {
				return errors.New(`daily time cannot be used with "modified" parameter`)
			}
			e.rule, s = daily, s[1:]
		case '+':
			s = s[1:]
		case '-':
			minus, s = true, s[1:]
		}
	}
	t, ok := spec.ParseTime(s, false)
	switch {
	case !ok:
		return errors.New("invalid value")
	case e.rule == daily && t > 24*time.Hour:
		return errors.New("daily time value must be less than 24 hours")
	case minus:
		t = -t
	}
	e.time = t
	return nil
}

var (
	noCache    = []byte("no-cache")
	ageZero    = []byte("max-age=0")
	tenYears   = []byte("max-age=315360000")
	epochTime  = []byte("Thu, 01 Jan 1970 00:00:01 GMT")
	endOfTimes = []byte("Thu, 31 Dec 2037 23:55:55 GMT")
)

// set sets the two fields. (ngx_http_set_expires)
func (e *expires) set(r *httpd.Request) {
	x := *e
	if e.value != nil {
		if x.parse(string(r.Eval(e.value))) != nil || x.rule == off {
			return
		}
	}
	l := &r.Resp.Headers
	if f := first(l, header.Expires); f == nil {
		l.AddID(header.Expires, nil)
	}
	l.SetID(header.CacheControl, nil)
	expires, control := x.values(r, time.Now())
	if e.time < 0 {
		control = noCache
	}
	first(l, header.Expires).Value = expires
	first(l, header.CacheControl).Value = control
}

func first(l *header.List, id header.ID) *header.Out {
	for i := range l.Len() {
		if f := l.At(i); f.ID == id {
			return f
		}
	}
	return nil
}

// values returns Expires and Cache-Control.
func (e *expires) values(r *httpd.Request, now time.Time) (expires, control []byte) {
	last := r.Resp.LastModified
	var at int64
	switch {
	case e.rule == epoch:
		return epochTime, noCache
	case e.rule == forever:
		return endOfTimes, tenYears
	case e.rule == daily:
		at = next(now, e.time)
	case e.time == 0:
		return h1.AppendTime(r.Alloc(32), now.Unix()), ageZero
	case e.rule == modified && !last.IsZero():
		at = last.Unix() + int64(e.time/time.Second)
	default:
		at = now.Unix() + int64(e.time/time.Second)
	}
	expires = h1.AppendTime(r.Alloc(32), at)
	age := at - now.Unix()
	if age < 0 {
		return expires, noCache
	}
	return expires, strconv.AppendInt(append(r.Alloc(32), "max-age="...), age, 10)
}

// next returns the next time that is so long after midnight. (ngx_next_time)
func next(now time.Time, d time.Duration) int64 {
	y, m, day := now.Date()
	sec := int(d / time.Second)
	t := time.Date(y, m, day, 0, 0, sec, 0, now.Location())
	if !t.After(now) {
		t = time.Date(y, m, day+1, 0, 0, sec, 0, now.Location())
	}
	return t.Unix()
}
