package httpd

import (
	"time"

	"understudy/runtime/conn"
)

// slowly is send for a response that is limited by limit_rate.
func (o *output) slowly(p, tail []byte) error {
	held := o.held
	o.held = o.held[:0]
	for _, part := range [...][]byte{held, p, tail} {
		if err := o.pace(part); err != nil {
			return err
		}
	}
	return nil
}

// pace sends p no faster than the limit, in pieces of what may go at once. The head
// counts, and each piece is followed by the time it was worth, as in
// ngx_http_write_filter.
func (o *output) pace(p []byte) error {
	r := o.r
	for len(p) > 0 {
		if wait := time.Duration(o.rests - conn.Now()); o.rests != 0 && wait > 0 && !o.wait(wait) {
			return o.check(errGone)
		}
		o.rests = 0
		seconds := time.Now().Unix() - r.Start.Unix() + 1
		before := r.BytesSent() - o.after
		allowed := o.limit*seconds - before
		if allowed <= 0 {
			if !o.wait(time.Duration(-allowed*1000/o.limit+1) * time.Millisecond) {
				return o.check(errGone)
			}
			continue
		}
		n := min(int64(len(p)), allowed)
		r.Client.SetWriteTimeout(r.Loc.SendTimeout)
		if _, err := r.Client.Write(p[:n]); err != nil {
			return o.check(err)
		}
		p = p[n:]
		if worth := max(before+n, 0) - max(before, 0); worth > 0 {
			o.rests = conn.Now() + conn.Clock(worth*1000/o.limit)*conn.Clock(time.Millisecond)
		}
	}
	return nil
}

// wait reports whether the client is still there after d.
func (o *output) wait(d time.Duration) bool {
	o.r.Client.Spend(d)
	return o.r.Sleep(d)
}
