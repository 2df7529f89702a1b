package limitconn

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"understudy/runtime/logs"
	"understudy/runtime/vars"
)

// A subject is a request or a session.
type subject interface {
	vars.Subject
	Alloc(n int) []byte
	Errorf(level slog.Level, format string, args ...any)
	OnEnd(func())
}

// A limiter is a zone and the key that is counted in it.
type limiter[S subject] struct {
	name string
	key  *vars.Template[S]
	*zone
}

// A bound is a limit bound to its zone.
type bound[S subject] struct {
	*limiter[S]
	max int
}

// A rule is what the limit_conn directives of a block say together.
type rule[S subject] struct {
	limits []bound[S]
	level  slog.Level
	dryRun bool
	vars   *vars.Table[S]
	result vars.Index // of $limit_conn_status
}

// rule binds the limits of a block to their zones; nil if there are none. A zone
// that nothing declares is reported when the configuration ends.
func (c *conf[S]) rule(t *vars.Table[S]) *rule[S] {
	u := &rule[S]{level: c.level.V, dryRun: c.dryRun.V, vars: t}
	for _, l := range c.limits.V {
		if z := c.zones.V[l.zone]; z != nil {
			u.limits = append(u.limits, bound[S]{z, l.max})
		}
	}
	if len(u.limits) == 0 {
		return nil
	}
	u.result = t.Index("limit_conn_status", c.limits.Pos)
	return u
}

// The values of $limit_conn_status.
var (
	passed         = []byte("PASSED")
	rejected       = []byte("REJECTED")
	rejectedDryRun = []byte("REJECTED_DRY_RUN")
)

// maxKey is the longest key that nginx counts, in bytes.
const maxKey = 255

// A client that has been answered, or has left, may ask again before the
// goroutine that served it has come to letting go. nginx, which does one after
// the other, does not refuse such a client; so none is refused at the first look.
const (
	shortPause = 250 * time.Microsecond
	longPause  = 4 * time.Millisecond
)

// run counts s by all limits, and reports whether it may go on. What one limit
// refuses, none counts.
func (u *rule[S]) run(s S) bool {
	var few [4]held
	taken := few[:0]
	for i := range u.limits {
		l := &u.limits[i]
		key := l.key.Eval(s, s.Alloc)
		if len(key) == 0 {
			continue
		}
		if len(key) > maxKey {
			s.Errorf(logs.Error, `the value of the "%s" key is more than %d bytes: "%s"`, l.key.Source, maxKey, key)
			continue
		}
		u.vars.Keep(s, u.result, passed)
		o := l.take(key, l.max)
		for pause := shortPause; o == over && pause <= longPause; pause *= 2 {
			time.Sleep(pause)
			o = l.take(key, l.max)
		}
		if o == counted {
			taken = append(taken, held{l.zone, string(key)})
			continue
		}
		for _, h := range taken {
			h.zone.give(h.key)
		}
		dry := ""
		if u.dryRun {
			dry = ", dry run,"
		}
		if o == over {
			s.Errorf(u.level, `limiting connections%s by zone "%s"`, dry, l.name)
		}
		if u.dryRun {
			u.vars.Keep(s, u.result, rejectedDryRun)
			return true
		}
		u.vars.Keep(s, u.result, rejected)
		return false
	}
	for _, h := range taken {
		s.OnEnd(func() { h.zone.give(h.key) })
	}
	return true
}

// A held is a connection that is counted.
type held struct {
	zone *zone
	key  string
}

// explain says what is counted.
func (u *rule[S]) explain(s S) string {
	var lines []string
	for i := range u.limits {
		l := &u.limits[i]
		lines = append(lines, fmt.Sprintf("zone %q, %s = %q, at most %d connections", l.name, l.key.Source, l.key.Eval(s, s.Alloc), l.max))
	}
	return strings.Join(lines, "\n")
}
