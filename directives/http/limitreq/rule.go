package limitreq

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/vars"
)

// A rule is what the limit_req directives of a location say together.
type rule struct {
	limits []bound
	status httpd.Status
	level  slog.Level // of refusals
	dryRun bool
	result vars.Index // of $limit_req_status
}

// A bound is a limit bound to its zone.
type bound struct {
	limit
	*limiter
}

// A limiter is a zone and what is counted in it.
type limiter struct {
	name string
	key  *httpd.Template
	rate int // thousandths of a request per second
	*zone
}

// The values of $limit_req_status.
var (
	passed         = []byte("PASSED")
	delayed        = []byte("DELAYED")
	rejected       = []byte("REJECTED")
	delayedDryRun  = []byte("DELAYED_DRY_RUN")
	rejectedDryRun = []byte("REJECTED_DRY_RUN")
)

// maxKey is the longest key that nginx counts, in bytes.
const maxKey = 65535

// run delays or refuses r. No limit counts a request that another refuses; of
// several delays the longest applies. A request is limited once, whatever
// locations it and its subrequests come to.
func (u *rule) run(r *httpd.Request) httpd.Status {
	if _, limited := r.Var(u.result); limited {
		return httpd.Declined
	}
	var few [4]*bucket
	held := few[:0]
	now := time.Now()
	var last *bound // the limit that decides
	excess, counted, asked := 0, false, false
	for i := range u.limits {
		l := &u.limits[i]
		key := r.Eval(l.key)
		var b *bucket
		if len(key) > maxKey {
			r.Errorf(logs.Error, `the value of the "%s" key is more than %d bytes: "%s"`, l.key.Source, maxKey, key)
		} else if len(key) > 0 {
			var st state
			last, asked = l, true
			b, excess, st = l.ask(key, l.rate, l.burst, i == len(u.limits)-1, now)
			if r.Debugging(logs.DebugHTTP) {
				r.Debugf(logs.DebugHTTP, "limit_req[%d]: %d %s", i, code(st, b), thousandths(excess))
			}
			if st == over || st == full {
				u.release(held)
				return u.refuse(r, l, excess, st)
			}
			counted = b == nil
		}
		held = append(held, b)
	}
	if !asked {
		return httpd.Declined
	}
	var wait time.Duration
	if counted {
		wait = last.wait(excess)
	}
	for i := len(held) - 1; i >= 0; i-- {
		if held[i] == nil {
			continue
		}
		l := &u.limits[i]
		n := l.count(held[i], l.rate, now)
		if w := l.wait(n); w > wait {
			wait, excess, last = w, n, l
		}
	}
	if wait <= 0 {
		r.SetVar(u.result, passed)
		return httpd.Declined
	}
	r.Errorf(below[u.level], `delaying request%s, excess: %s, by zone "%s"`, u.dry(), thousandths(excess), last.name)
	if u.dryRun {
		r.SetVar(u.result, delayedDryRun)
		return httpd.Declined
	}
	r.SetVar(u.result, delayed)
	if !r.Sleep(wait) {
		r.Errorf(logs.Info, "client prematurely closed connection")
		return 499
	}
	return httpd.Declined
}

// release lets go of the buckets of limits that will not count the request.
func (u *rule) release(held []*bucket) {
	for i, b := range held {
		if b != nil {
			u.limits[i].release(b)
		}
	}
}

func (u *rule) refuse(r *httpd.Request, l *bound, excess int, st state) httpd.Status {
	if st == full {
		r.Errorf(logs.Alert, `could not allocate node in limit_req zone "%s"`, l.name)
	} else {
		r.Errorf(u.level, `limiting requests%s, excess: %s by zone "%s"`, u.dry(), thousandths(excess), l.name)
	}
	if u.dryRun {
		r.SetVar(u.result, rejectedDryRun)
		return httpd.Declined
	}
	r.SetVar(u.result, rejected)
	return u.status
}

func (u *rule) dry() string {
	if u.dryRun {
		return ", dry run"
	}
	return ""
}

// code is nginx's return code for what a zone answered: NGX_BUSY, NGX_ERROR,
// NGX_AGAIN for a bucket that is yet to be counted, or NGX_OK.
func code(st state, b *bucket) int {
	switch {
	case st == over:
		return -3
	case st == full:
		return -1
	case b != nil:
		return -2
	}
	return 0
}

// wait is how long a request with an excess has to wait.
func (l *bound) wait(excess int) time.Duration {
	if excess <= l.delay {
		return 0
	}
	return time.Duration((excess-l.delay)*1000/l.rate) * time.Millisecond
}

// thousandths prints n thousandths as nginx does: "0.123".
func thousandths(n int) string { return fmt.Sprintf("%d.%03d", n/1000, n%1000) }

// explain says what run would go by, without counting.
func (u *rule) explain(r *httpd.Request) (string, httpd.Status) {
	var b strings.Builder
	for i := range u.limits {
		l := &u.limits[i]
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, `zone "%s", %s = %q, %g r/s, burst %d`, l.name, l.key.Source, r.Eval(l.key), float64(l.rate)/1000, l.burst/1000)
		switch {
		case l.delay > l.burst && l.delay > 0:
			b.WriteString(" nodelay")
		case l.delay > 0:
			fmt.Fprintf(&b, ", delay %d", l.delay/1000)
		}
	}
	return b.String(), httpd.Declined
}
