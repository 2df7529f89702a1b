package gateway

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"understudy/runtime/filecache"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// noteHead takes what the fields of a response say about keeping it, in their order.
func (s *State) noteHead(r *httpd.Request, set *Settings) {
	s.cache.noCache, s.cache.expired = false, false
	if !s.cache.hit {
		e := s.cache.entry
		e.Valid, e.StaleUpdating, e.StaleError, e.Vary = 0, 0, 0, nil
	}
	n := noting{s: s, set: set, now: time.Now().Unix()}
	for i := range s.Head.Len() {
		f := s.Head.At(i)
		if !f.Deleted {
			n.field(r, f.ID, s.Head.Value(f))
		}
	}
}

// A noting is noteHead at work.
type noting struct {
	s             *State
	set           *Settings
	now           int64
	accel, expiry bool // these fields were seen
}

func (n *noting) field(r *httpd.Request, id header.ID, v []byte) {
	ignore := n.set.Ignore
	switch id {
	case header.XAccelExpires:
		if !n.accel && ignore&IgnoreExpiresAccel == 0 {
			n.accelExpires(v)
		}
		n.accel = true
	case header.Expires:
		if !n.expiry && ignore&IgnoreExpires == 0 {
			n.expires(v)
		}
		n.expiry = true
	case header.CacheControl:
		if ignore&IgnoreCacheControl == 0 {
			n.cacheControl(v)
		}
	case header.SetCookie:
		if ignore&IgnoreSetCookie == 0 {
			n.s.cache.able = false
		}
	case header.Vary:
		if ignore&IgnoreVary == 0 {
			n.vary(r, v)
		}
	}
}

// accelExpires is ngx_http_upstream_process_accel_expires.
func (n *noting) accelExpires(v []byte) {
	c := &n.s.cache
	at, absolute := bytes.CutPrefix(v, []byte("@"))
	t, err := strconv.ParseUint(string(at), 10, 63)
	switch {
	case err != nil:
		return
	case absolute:
		c.entry.Valid = int64(t)
	case t == 0:
		c.able = false
		return
	default:
		c.entry.Valid = n.now + min(int64(t), math.MaxInt64-n.now)
	}
	c.noCache, c.expired = false, false
}

// expires is ngx_http_upstream_process_expires.
func (n *noting) expires(v []byte) {
	c := &n.s.cache
	if c.entry.Valid != 0 {
		return
	}
	t, ok := h1.ParseTime(v)
	if !ok || t < n.now {
		c.expired = true
		return
	}
	c.entry.Valid = t
}

// cacheControl is ngx_http_upstream_process_cache_control (RFC 9111 section 5.2.2).
func (n *noting) cacheControl(v []byte) {
	c := &n.s.cache
	low := bytes.ToLower(v)
	if c.entry.Valid == 0 || !n.accel {
		for _, word := range [...]string{"no-cache", "no-store", "private"} {
			if bytes.Contains(low, []byte(word)) {
				c.noCache = true
				return
			}
		}
		t, given, ok := delta(low, "s-maxage=")
		if !given {
			t, given, ok = delta(low, "max-age=")
		}
		switch {
		case !given:
		case !ok:
			c.able = false
			return
		case t == 0:
			c.noCache = true
			return
		default:
			c.entry.Valid = n.now + min(t, math.MaxInt64-n.now)
			c.expired = false
		}
	}
	if t, given, ok := delta(low, "stale-while-revalidate="); given {
		if !ok {
			c.able = false
			return
		}
		c.entry.StaleUpdating, c.entry.StaleError = t, t
	}
	if t, given, ok := delta(low, "stale-if-error="); given {
		if !ok {
			c.able = false
			return
		}
		c.entry.StaleError = t
	}
}

// delta returns the seconds that follow a word, which is in lower case. ok is false
// if they are no number.
func delta(v []byte, word string) (t int64, given, ok bool) {
	i := bytes.Index(v, []byte(word))
	if i < 0 {
		return 0, false, true
	}
	for _, c := range v[i+len(word):] {
		switch {
		case c == ',' || c == ';' || c == ' ':
			return t, true, true
		case c < '0' || c > '9':
			return 0, true, false
		case t > (math.MaxInt64/4-9)/10:
			return math.MaxInt64 / 4, true, true
		}
		t = t*10 + int64(c-'0')
	}
	return t, true, true
}

// vary is ngx_http_upstream_process_vary.
func (n *noting) vary(r *httpd.Request, v []byte) {
	c := &n.s.cache
	switch {
	case !c.able:
	case string(v) == "*":
		c.able = false
	default:
		e := c.entry
		if e.Vary != nil {
			v = append(append(append(r.Alloc(len(e.Vary)+2+len(v)), e.Vary...), ", "...), v...)
		}
		if e.Vary = v; len(v) > filecache.MaxVary {
			c.able = false
		}
	}
}
