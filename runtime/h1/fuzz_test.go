package h1

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// FuzzRequestHead checks that a head reads the same however it arrives.
func FuzzRequestHead(f *testing.F) {
	for i, g := range readGoldens[golden](f, requestGoldens) {
		if len(g.In) < 150 && i%5 == 0 {
			f.Add(g.Conf, latin1(g.In), 1+i%7)
		}
	}
	f.Fuzz(func(t *testing.T, conf string, in []byte, step int) {
		if len(in) > 2000 || step < 1 {
			return
		}
		want := run(conf, in, 0)
		if got := run(conf, in, step); !got.same(want) {
			t.Errorf("%q by %d:\n got %+v\nwant %+v", in, step, got, want)
		}
	})
}

// same reports whether two runs came to the same. Of a request line that is
// refused only so much is known as had arrived.
func (g golden) same(want golden) bool {
	if g.Status >= 400 && g.Vars != nil && strings.HasPrefix(want.Vars["request"], g.Vars["request"]) {
		g.Vars["request"] = want.Vars["request"]
	}
	return reflect.DeepEqual(g, want)
}

// TestRequestsByteByByte does that for all requests that nginx was asked
// about.
func TestRequestsByteByByte(t *testing.T) {
	for _, g := range readGoldens[golden](t, requestGoldens) {
		in := latin1(g.In)
		want := run(g.Conf, in, 0)
		for _, step := range []int{1, 7} {
			if got := run(g.Conf, in, step); !got.same(want) {
				t.Errorf("%q by %d:\n got %+v\nwant %+v", in, step, got, want)
			}
		}
	}
}

func FuzzResponseHead(f *testing.F) {
	for i, x := range readGoldens[exchange](f, responseGoldens) {
		f.Add(latin1(x.In), 1+i%7)
	}
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		if len(in) > 2000 || step < 1 {
			return
		}
		want := readResponse(in, 0)
		if got := readResponse(in, step); got != want {
			t.Errorf("%q by %d:\n got %v\nwant %v", in, step, got, want)
		}
	})
}

func FuzzChunked(f *testing.F) {
	for i, b := range bodies() {
		f.Add([]byte(b), 1+i%7)
	}
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		if len(in) > 2000 || step < 1 {
			return
		}
		want, wc, werr := dechunk(in, 0)
		got, gc, gerr := dechunk(in, step)
		if !bytes.Equal(got, want) || gerr != werr || *gc != *wc {
			t.Errorf("%q by %d: got %q %v %v, want %q %v %v", in, step, got, *gc, gerr, want, *wc, werr)
		}
		if werr == nil && !wc.Done() && wc.Need() <= 0 {
			t.Errorf("%q: Need = %d in state %d", in, wc.Need(), wc.state)
		}
	})
}

func FuzzURI(f *testing.F) {
	for _, s := range []string{"/", "/a/../b", "/%2e%2e/", "/a//b?c#d", "?a", "/a/%2e./..%2f.", "/a.b/c.d", "/+%2b", "/a/b/../../.."} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, target []byte, merge bool) {
		if len(target) == 0 || target[0] != '/' {
			return
		}
		prefix := []byte("/kept/")
		out, u, err := AppendURI(prefix, target, merge)
		if !bytes.HasPrefix(out, prefix) {
			t.Fatalf("AppendURI(%q) changed what was there: %q", target, out)
		}
		if err != nil {
			return
		}
		path := string(u.Path)
		if !strings.HasPrefix(path, "/") {
			t.Errorf("AppendURI(%q) = %q", target, path)
		}
		segments := strings.Split(path[1:], "/")
		for i, s := range segments {
			if s == "." || s == ".." || merge && s == "" && i < len(segments)-1 {
				t.Errorf("AppendURI(%q) = %q", target, path)
			}
		}
		if dot := strings.LastIndexByte(path, '.'); len(u.Exten) > 0 && path[dot+1:] != string(u.Exten) {
			t.Errorf("AppendURI(%q): extension %q", target, u.Exten)
		}
		// What ParseTarget takes as it stands must not differ.
		_, v, err := ParseTarget(nil, target, merge)
		if err == nil && fmt.Sprintf("%q %q %q", v.Path, v.Args, v.Exten) != fmt.Sprintf("%q %q %q", u.Path, u.Args, u.Exten) {
			t.Errorf("%q: AppendURI %+v, ParseTarget %+v", target, u, v)
		}
	})
}

func FuzzHost(f *testing.F) {
	for _, s := range []string{"a", "A.:80", "[::1]:8", "a..b", ":", "[", "a:65536"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, host []byte) {
		out, _, err := AppendHost([]byte("x"), host)
		if err != nil {
			if len(out) != 1 {
				t.Errorf("AppendHost(%q) left %q", host, out)
			}
			return
		}
		again, port, err := AppendHost(nil, out[1:])
		if err != nil || port != 0 || !bytes.Equal(bytes.TrimSuffix(out[1:], []byte(".")), bytes.TrimSuffix(again, []byte("."))) && !bytes.HasSuffix(again, []byte("]")) {
			t.Errorf("AppendHost(%q) = %q, again %q %d %v", host, out[1:], again, port, err)
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"Mon, 28 Sep 1970 06:00:00 GMT", "Monday, 28-Sep-70 06:00:00 GMT", "Mon Sep 28 06:00:00 1970", "Mon Sep  8 06:00:00 1970"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		unix, ok := ParseTime(b)
		if !ok || unix < 0 {
			return
		}
		s := AppendTime(nil, unix)
		if again, ok := ParseTime(s); !ok || again != unix {
			t.Errorf("ParseTime(%q) = %d, written %q, parsed %d %v", b, unix, s, again, ok)
		}
	})
}
