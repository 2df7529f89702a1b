package httpd

import (
	"context"
	"fmt"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
)

// A panic ends the request in which it comes up, and nothing else: the process would
// be one of nginx's workers otherwise, and take all other connections with it.

// contain ends a connection whose request panicked.
func (k *client) contain() {
	fault := recover()
	if fault == nil {
		return
	}
	logs.Fault(fault, k.h.faultLine(k.c))
	if k.writing {
		k.h.Stats.Writing.Add(-1)
	}
	if k.r != nil {
		k.r.awaitBackground()
		k.r.fail()
		k.r.letGo()
	}
	k.h.drop(k.c)
}

// faultLine returns what logs a line about a panic over a connection.
func (h *HTTP) faultLine(c *conn.Conn) func(text string) {
	return func(text string) {
		h.Log.Log(context.Background(), logs.Alert, fmt.Sprintf("*%d %s", c.Serial, text))
	}
}

// contain ends a request that runs beside another and panicked. What it leaves is
// given up with its main request: parts of it may run beside it.
func (r *Request) contain() {
	if fault := recover(); fault != nil {
		r.sub.panicked = true
		r.Fault(fault)
	}
}

// fail is release for a request that has panicked, with those that it made: what others
// see of them is given back, and nothing is used again. A panic in one place keeps
// none of the others.
func (r *Request) fail() {
	if r.Upstream != nil {
		r.guard(r.Upstream.Fail)
	}
	for _, s := range r.made {
		s.fail()
	}
	for i, f := range r.ends {
		if r.ends[i] = nil; f != nil {
			r.guard(f)
		}
	}
}

// guard calls f, which may panic.
func (r *Request) guard(f func()) {
	defer func() {
		if fault := recover(); fault != nil {
			logs.Fault(fault, r.HTTP.faultLine(r.Client))
		}
	}()
	f()
}

// Fault logs what a panic was. It is for functions that recover.
func (r *Request) Fault(fault any) {
	logs.Fault(fault, func(text string) { r.Errorf(logs.Alert, "%s", text) })
}

// contain ends a request that panicked when its tunnel had ended.
func (t *Taken) contain() {
	if fault := recover(); fault != nil {
		logs.Fault(fault, func(text string) {
			t.log.Log(context.Background(), logs.Alert, fmt.Sprintf("*%d %s", t.c.Serial, text))
		})
		t.h.drop(t.c)
	}
}
