package stream

import (
	"strings"
	"testing"

	"understudy/runtime/vars"
)

func varsTable(vs ...Variable) *Vars { return vars.NewTable(vs...) }

// TestPhases runs sessions through steps that answer as named, and tells which
// ran and how the session ended.
func TestPhases(t *testing.T) {
	for _, c := range []struct {
		name                                string
		postAccept, preAccess, access, prer []Status
		want                                string
	}{
		{"nothing", nil, nil, nil, nil, "content = 200"},
		{"all decline", []Status{Declined}, []Status{Declined, Declined}, []Status{Declined}, []Status{Declined},
			"post0 pre0 pre1 access0 preread0 content = 200"},
		{"ok ends a phase", []Status{OK, Forbidden}, nil, []Status{OK, Forbidden}, []Status{OK, Forbidden},
			"post0 access0 preread0 content = 200"},
		{"a status ends the session", nil, []Status{Declined, Unavailable, Declined}, []Status{Declined}, nil, "pre0 pre1 = 503"},
		{"forbidden", nil, nil, []Status{Forbidden}, nil, "access0 = 403"},
		{"preread refuses", nil, nil, nil, []Status{Declined, BadRequest}, "preread0 preread1 = 400"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, noVars())
			var ran []string
			steps := func(name string, sts []Status) (list []Step) {
				for i, st := range sts {
					list = append(list, Step{Name: name, Run: func(*Session) Status {
						ran = append(ran, name+string(rune('0'+i)))
						return st
					}})
				}
				return list
			}
			s.srv.PostAccept, s.srv.PreAccess = steps("post", c.postAccept), steps("pre", c.preAccess)
			s.srv.Access = steps("access", c.access)
			s.srv.Preread = steps("preread", c.prer)
			s.srv.Content = &Step{Run: func(*Session) Status {
				ran = append(ran, "content")
				return Success
			}}
			s.talk(t, "", true)
			st, _, _ := strings.Cut(s.last(), " ")
			check(t, "steps", strings.Join(append(ran, "=", st), " "), c.want)
		})
	}
}

func TestNoContent(t *testing.T) {
	s := newSite(t, noVars())
	s.talk(t, "", true)
	check(t, "ended", s.last(), "500 0/0")
}

func TestPreread(t *testing.T) {
	until := func(s *Session) Status {
		if !strings.Contains(string(s.Preread()), "!") {
			return Again
		}
		return Declined
	}
	for _, c := range []struct{ name, send, got, ended, log string }{
		{"enough", "abc!def", "abc!def", "200 7/7", ""},
		{"ends early", "abc", "", "200 0/0", ""},
		{"nothing", "", "", "200 0/0", ""},
		{"full", strings.Repeat("a", 100), "", "400 0/0",
			"[error] preread buffer full while prereading client data, client: 127.0.0.1, server: front"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, noVars())
			s.srv.Preread = []Step{{Name: "preread", Run: until}}
			s.srv.Content = &Step{Run: func(x *Session) Status {
				b, _ := x.Client.AwaitBuffer(100) // what was looked at is still there
				x.Client.Write(b.Bytes())
				b.Free()
				return Success
			}}
			check(t, "answer", s.talk(t, c.send, true), c.got)
			check(t, "ended", s.last(), c.ended)
			log := s.log.all()
			if _, rest, ok := strings.Cut(log, "\n"); ok {
				check(t, "log", rest, c.log)
			} else if c.log != "" {
				t.Errorf("log is %q", log)
			}
		})
	}
}

func TestProxyProtocolIn(t *testing.T) {
	for _, c := range []struct{ send, got, ended, log string }{
		{"PROXY TCP4 192.0.2.7 192.0.2.8 1111 2222\r\nrest", "192.0.2.7:1111 192.0.2.8:2222 rest", "200 4/34", ""},
		{"PROXY UNKNOWN whatever\r\nrest", "none rest", "200 4/9", ""},
		{"nothing of the kind\r\n", "", "400 20/0", // nginx counts no byte that a proxy has not read; here it was peeked at
			`[error] broken header: "nothing of the kind" while reading PROXY protocol, client: 127.0.0.1, server: front`},
		{"", "", "400 0/0", `[error] broken header: "" while reading PROXY protocol, client: 127.0.0.1, server: front`},
	} {
		s := newSite(t, noVars())
		s.port.Any.ProxyProtocol = true
		s.srv.Content = &Step{Run: func(x *Session) Status {
			head := "none"
			if h := x.Client.ProxyHeader(); h != nil {
				head = h.Src + ":" + itoa(h.SrcPort) + " " + h.Dst + ":" + itoa(h.DstPort)
			}
			b, _ := x.Client.AwaitBuffer(100)
			x.Client.Write(append([]byte(head+" "), b.Bytes()...))
			b.Free()
			return Success
		}}
		check(t, c.send, s.talk(t, c.send, true), c.got)
		if c.log != "" && !strings.HasSuffix(s.log.all(), c.log) {
			t.Errorf("%q: log is %s", c.send, s.log.all())
		}
		if strings.HasPrefix(c.ended, "200") {
			check(t, c.send, s.last(), c.ended)
		}
	}
}

func itoa(n uint16) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// TestReuse makes sure that nothing of a session is left in the next.
func TestReuse(t *testing.T) {
	vs := varsTable(Variable{Name: "who", Get: func(s *Session, _ string) ([]byte, bool) { return s.Copy(s.RealIP), true }})
	i := vs.Index("who", noPos)
	vs.Link(&noDiags)
	s := newSite(t, vs)
	s.srv.Content = &Step{Run: func(x *Session) Status {
		if x.Status != 0 || x.Upstream != nil || x.Action != "" || len(x.caps) != 0 || x.Preread() != nil {
			t.Errorf("a session begins with %+v", x)
		}
		v, _ := x.Var(i)
		x.Client.Write(v)
		x.SetVar(i, []byte("kept"))
		x.caps = append(x.caps, 0, 1)
		return Success
	}}
	for range 20 {
		check(t, "answer", s.talk(t, "", true), "127.0.0.1")
	}
}
