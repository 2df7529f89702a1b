package stream

import "time"

// A pace delays what follows a datagram by a rate.
type pace struct {
	rate  int64 // bytes a second; 0: no limit
	start time.Time
	moved int64
	next  time.Time // not before; start at first
}

// took counts n bytes.
func (r *pace) took(n int) {
	if r.rate == 0 {
		return
	}
	r.moved += int64(n)
	now := time.Now()
	wait := time.Duration(int64(n)*1000/r.rate) * time.Millisecond
	if limit := r.rate*(int64(now.Sub(r.start)/time.Second)+1) - r.moved; limit <= 0 {
		wait = max(wait, time.Duration(-limit*1000/r.rate+1)*time.Millisecond)
	}
	r.next = now.Add(wait)
}

// wait is how long nothing may move; not above 0: it may.
func (r *pace) wait() time.Duration {
	if r.rate == 0 {
		return 0
	}
	return time.Until(r.next)
}
