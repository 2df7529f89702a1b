package httpd

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// A tape is a writer that notes what it gets.
type tape struct {
	discard
	text strings.Builder
	err  error
}

func (w *tape) Write(p []byte) error {
	w.text.Write(p)
	return w.err
}

// newParts returns parts of a main request in whose server each URI answers
// with itself, "/fail" not at all, and "/nest" with a part in the middle.
func newParts(t *testing.T) (*parts, *tape) {
	t.Helper()
	h := &HTTP{Vars: &Vars{}, Log: slog.New(slog.DiscardHandler)}
	root := &Location{}
	step := Step{Name: "echo", Run: func(r *Request) Status {
		if string(r.URI) == "/fail" {
			return Aborted
		}
		r.Resp.Status = 200
		if st := r.SendHeader(); st != OK {
			return st
		}
		if string(r.URI) == "/nest" {
			r.Write([]byte("("))
			r.Post([]byte("/inner"), nil, SubOptions{})
			if r.parts.Write([]byte(")")) != nil {
				return Aborted
			}
			r.End()
			return Done
		}
		if r.Write(r.URI) != nil {
			return Aborted
		}
		r.End()
		return Done
	}}
	loc := &Location{Name: "/", Content: &step}
	nest := &Location{Name: "/nest", Content: &step, Filters: []Filter{{
		Parts: true,
		Head:  func(*Request) (func(Writer) Writer, Status) { return func(next Writer) Writer { return next }, OK },
	}}}
	loc.SubOutput, nest.SubOutput = 8, 8
	root.SetLocations([]*Location{loc, nest})
	w := &tape{}
	r := h.request()
	r.Server, r.Loc = &Server{Root: root}, root
	r.parts = &parts{r: r, next: w}
	t.Cleanup(r.release)
	return r.parts, w
}

func TestPartsKeepOrder(t *testing.T) {
	p, w := newParts(t)
	r := p.r
	p.Write([]byte("a"))
	if !r.Post([]byte("/one"), nil, SubOptions{}) {
		t.Fatal("cannot post")
	}
	p.Write([]byte("b"))
	p.Write([]byte("c"))
	r.Post([]byte("/nest"), nil, SubOptions{})
	r.Post([]byte("/two"), nil, SubOptions{})
	p.Write([]byte("d"))
	if got := w.text.String(); got != "a" {
		t.Errorf("before anything ran: got %q, want %q", got, "a")
	}
	if err := r.Await(); err != nil {
		t.Fatal(err)
	}
	if got, want := w.text.String(), "a/onebc(/inner)/twod"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if p.Write([]byte("e")); !strings.HasSuffix(w.text.String(), "e") {
		t.Errorf("nothing is posted, but text waits")
	}
}

func TestPartsHoldLittle(t *testing.T) {
	p, w := newParts(t)
	p.r.Post([]byte("/one"), nil, SubOptions{})
	for range maxHeld/1024 + 1 {
		p.Write(make([]byte, 1024))
	}
	if n := w.text.Len(); n == 0 {
		t.Errorf("%d bytes wait for a subrequest", p.held)
	}
}

func TestPartFails(t *testing.T) {
	p, w := newParts(t)
	p.r.Post([]byte("/fail"), nil, SubOptions{})
	p.Write([]byte("behind"))
	if err := p.r.Await(); !errors.Is(err, ErrPart) {
		t.Errorf("got %v, want %v", err, ErrPart)
	}
	if p.Write([]byte("more")) == nil || w.text.Len() > 0 {
		t.Errorf("written behind a part that failed: %q", w.text.String())
	}
	if p.r.Keepalive || p.r.out.err == nil {
		t.Error("the main request goes on")
	}
}

func TestKept(t *testing.T) {
	p, w := newParts(t)
	for _, tt := range []struct {
		uri, want string
		st        Status
	}{
		{"/short", "/short", 200},
		{"/longer/than/that", "", Aborted},
	} {
		got := ""
		st := p.r.Sub([]byte(tt.uri), nil, SubOptions{Memory: true}, func(s *Request) { got = string(s.Kept()) })
		if got != tt.want || st != tt.st {
			t.Errorf("%s: got %q, %v, want %q, %v", tt.uri, got, st, tt.want, tt.st)
		}
	}
	if w.text.Len() > 0 {
		t.Errorf("sent: %q", w.text.String())
	}
}

func TestSubDepth(t *testing.T) {
	p, _ := newParts(t)
	p.r.subDepth = maxSubDepth
	if p.r.Post([]byte("/x"), nil, SubOptions{}) {
		t.Error("posted deeper than is allowed")
	}
	p.r.subDepth, p.r.subs = 0, maxSubs
	if p.r.Post([]byte("/x"), nil, SubOptions{}) {
		t.Error("posted more than is allowed")
	}
}
