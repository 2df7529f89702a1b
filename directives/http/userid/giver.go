package userid

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/vars"
)

// variables are those of the module, which newGivers makes work.
var variables = []httpd.Variable{
	{Name: "uid_got", Doc: "The cookie's name and what came in it.", Get: none},
	{Name: "uid_set", Doc: "The cookie's name and what is sent in it.", Get: none},
	{
		Name: "uid_reset", Doc: "Not empty and not “0”: a new cookie is sent; “log”: and the old one is logged.", Changeable: true,
		Get: func(*httpd.Request, string) ([]byte, bool) { return nil, true },
	},
}

func none(*httpd.Request, string) ([]byte, bool) { return nil, false }

// Givers are those of all locations of a configuration, and what they share.
type givers struct {
	byLocation map[*httpd.Location]*giver
	vars       *httpd.Vars
	got, set   vars.Index // of the 16 bytes; no configuration can name them
	reset      vars.Index // of $uid_reset
	start      uint32     // of this process
	serial1    atomic.Uint32
	serial2    atomic.Uint32
}

// A giver gives cookies in one location.
type giver struct {
	*givers
	mode       mode
	service    uint32
	named      bool // service was given
	name       string
	attributes string // domain, path and flags
	expires    time.Duration
	p3p        []byte
	mark       byte
}

const size = 16 // of an identifier in bytes

func newGivers(t *httpd.Vars, at diag.Pos) *givers {
	g := &givers{
		byLocation: map[*httpd.Location]*giver{}, vars: t,
		start: uint32(time.Now().Nanosecond()/1000/20)<<16 | uint32(os.Getpid()),
	}
	g.serial1.Store(first1)
	g.serial2.Store(first2)
	// A blank in the name keeps them out of reach.
	g.got, g.set, g.reset = t.Index("uid got", at), t.Index("uid set", at), t.Index("uid_reset", at)
	t.Builtin(httpd.Variable{Name: "uid got", Volatile: true, Get: g.value(g.got, log, (*giver).parse)})
	t.Builtin(httpd.Variable{Name: "uid set", Volatile: true, Get: g.value(g.set, v1, (*giver).issue)})
	for name, i := range map[string]vars.Index{"uid_got": g.got, "uid_set": g.set} {
		v, _, _ := t.Lookup(name)
		v.Get = g.text(i)
		t.Builtin(v)
	}
	return g
}

// value makes variable i of a giver's method, which is called once a request;
// in a location without a giver there is no value yet.
func (g *givers) value(i vars.Index, least mode, f func(*giver, *httpd.Request) []byte) func(*httpd.Request, string) ([]byte, bool) {
	return func(r *httpd.Request, _ string) ([]byte, bool) {
		r = r.Main()
		u := g.byLocation[r.Loc]
		if u == nil || u.mode < least {
			return nil, false
		}
		id := f(u, r)
		g.vars.Keep(r, i, id)
		return id, true
	}
}

// id returns what variable i has, or nil.
func (g *givers) id(r *httpd.Request, i vars.Index) []byte {
	id, _ := r.Var(i)
	return id
}

// text is $uid_got or $uid_set: four words as the machine has them.
func (g *givers) text(i vars.Index) func(*httpd.Request, string) ([]byte, bool) {
	return func(r *httpd.Request, _ string) ([]byte, bool) {
		r = r.Main()
		u := g.byLocation[r.Loc]
		id := g.id(r, i)
		if u == nil || id == nil {
			return nil, false
		}
		return append(append(append(r.Alloc(len(u.name)+33), u.name...), '='), words(id)...), true
	}
}

func words(id []byte) []byte {
	out := make([]byte, 0, 2*size)
	for i := 0; i < size; i += 4 {
		out = fmt.Appendf(out, "%08X", binary.NativeEndian.Uint32(id[i:]))
	}
	return out
}

// encodedSize is of an identifier in base64 without padding. What follows in a
// cookie may be a mark, or anything.
const encodedSize = 22

// parse returns the identifier in the client's cookie.
func (u *giver) parse(r *httpd.Request) []byte {
	cookie, ok := h1.Cookie(&r.Head.Block, u.name)
	if !ok {
		return nil
	}
	if len(cookie) < encodedSize {
		r.Errorf(logs.Error, `client sent too short userid cookie "%s"`, r.Header(header.Cookie))
		return nil
	}
	id, err := base64.RawStdEncoding.AppendDecode(r.Alloc(size), cookie[:encodedSize])
	if err != nil {
		r.Errorf(logs.Error, `client sent invalid userid cookie "%s"`, r.Header(header.Cookie))
		return nil
	}
	if binary.NativeEndian.Uint32(id[12:]) == 0 {
		return nil
	}
	return id
}

// resets reports whether the configuration wants another identifier.
func (u *giver) resets(r *httpd.Request) bool {
	v, _ := r.Var(u.reset)
	return len(v) > 0 && string(v) != "0"
}

// issue returns the identifier to send: that which came, if only its mark is
// missing, or a new one, or none.
func (u *giver) issue(r *httpd.Request) []byte {
	if got := u.id(r, u.got); got != nil {
		if !u.resets(r) {
			cookie, _ := h1.Cookie(&r.Head.Block, u.name)
			if u.mark == 0 || len(cookie) > encodedSize+1 && cookie[encodedSize] == u.mark && cookie[encodedSize+1] == '=' {
				return nil
			}
			return got
		}
		if v, _ := r.Var(u.reset); string(v) == "log" {
			r.Errorf(logs.Notice, `userid cookie "%s=%s" was reset`, u.name, words(got))
		}
	}
	return u.next(r.Alloc(size), r.LocalAddr().Addr(), time.Now())
}

const (
	step   = 0x100
	first1 = 1
	first2 = 0x03030302
)

// next appends a new identifier: who gave it, when, the process and a serial
// number.
func (u *giver) next(id []byte, local netip.Addr, now time.Time) []byte {
	seconds := uint32(now.Unix())
	if u.mode == v1 {
		for _, w := range []uint32{u.service, seconds, u.start, u.serial1.Add(step) - step} {
			id = binary.NativeEndian.AppendUint32(id, w)
		}
		return id
	}
	service := u.service
	if !u.named && local.IsValid() {
		a := local.As16()
		service = binary.BigEndian.Uint32(a[12:])
	}
	serial := u.serial2.Add(step) - step
	if serial+step < first2 { // it goes round
		u.serial2.CompareAndSwap(serial+step, first2)
	}
	for _, w := range []uint32{service, seconds, u.start, serial} {
		id = binary.BigEndian.AppendUint32(id, w)
	}
	return id
}

var (
	setCookie = []byte("Set-Cookie")
	p3p       = []byte("P3P")
)

// filter sends the cookie.
func (u *giver) filter(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	if r.Parent != nil {
		return nil, httpd.OK
	}
	id := u.id(r, u.set)
	if id == nil {
		return nil, httpd.OK
	}
	b := append(append(r.Alloc(len(u.name)+len(u.attributes)+72), u.name...), '=')
	if got := u.id(r, u.got); got != nil && !u.resets(r) {
		cookie, _ := h1.Cookie(&r.Head.Block, u.name)
		b = append(append(b, cookie[:encodedSize]...), "=="...) // what came, with a mark
	} else {
		b = base64.StdEncoding.AppendEncode(b, id)
	}
	if u.mark != 0 {
		b[len(b)-2] = u.mark
	}
	switch {
	case u.expires == forever:
		b = append(b, "; expires=Thu, 31-Dec-37 23:55:55 GMT"...)
	case u.expires > 0:
		b = appendTime(append(b, "; expires="...), time.Now().Add(u.expires))
	}
	r.Resp.Headers.Add(setCookie, append(b, u.attributes...))
	if len(u.p3p) > 0 {
		r.Resp.Headers.Add(p3p, u.p3p)
	}
	return nil, httpd.OK
}

// appendTime appends a time as the cookies of Netscape have it. A year from
// 2038 on has all its digits, as browsers need it there.
func appendTime(b []byte, t time.Time) []byte {
	layout := "Mon, 02-Jan-06 15:04:05 GMT"
	if t = t.UTC(); t.Year() > 2037 {
		layout = strings.Replace(layout, "06", "2006", 1)
	}
	return t.AppendFormat(b, layout)
}
