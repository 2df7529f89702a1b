package spec_test

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"understudy/directives"
	"understudy/directives/spec"
)

// contexts are the blocks by the names they have in directives.tsv.
var contexts = map[string]spec.Context{
	"main": spec.Main, "events": spec.Events,
	"http": spec.HTTP, "server": spec.Server, "location": spec.Location, "upstream": spec.Upstream,
	"if in server": spec.ServerIf, "if in location": spec.LocationIf, "limit_except": spec.LimitExcept,
	"stream": spec.Stream, "stream server": spec.StreamServer, "stream upstream": spec.StreamUpstream,
	"mail": spec.Mail, "mail server": spec.MailServer,
}

// A shape is what nginx checks of a directive before it looks at the words.
type shape struct {
	args  spec.Arity
	block bool
}

func (s shape) String() string {
	var ns []string
	for n := range 16 {
		if s.args.Has(n) {
			ns = append(ns, strconv.Itoa(n))
		}
	}
	out := strings.Join(ns, ",") + " arguments"
	if s.block {
		out += " and a block"
	}
	return out
}

// shapes are the contexts of a directive, one by one.
type shapes map[spec.Context]shape

// add adds the contexts of in and reports whether they are new.
func (s shapes) add(in spec.Context, sh shape) bool {
	fresh := true
	for bit := spec.Context(1); bit != 0 && bit <= in; bit <<= 1 {
		if in&bit == 0 {
			continue
		}
		if _, ok := s[bit]; ok {
			fresh = false
		}
		s[bit] = sh
	}
	return fresh
}

// TestSpec compares the table of directives with one that was made from the
// command tables in nginx's source: every name, in every context, takes what
// nginx takes there, and there is no other.
func TestSpec(t *testing.T) {
	want := nginxDirectives(t, "../../testdata/directives.tsv")
	got := map[string]shapes{}
	for _, e := range directives.Table.Entries() {
		if e.State < spec.Implemented || e.State > spec.Unsupported {
			t.Errorf("%s: state %d", e.Name, e.State)
		}
		if e.State != spec.Implemented && e.Why == "" {
			t.Errorf("%s is %v for no reason", e.Name, e.State)
		}
		in := e.In &^ spec.Mgmt
		if in == 0 || e.Third {
			continue // ours alone
		}
		if got[e.Name] == nil {
			got[e.Name] = shapes{}
		}
		if !got[e.Name].add(in, shape{e.Args, e.Opens != 0 || e.Free}) {
			t.Errorf("%s is declared twice for one context", e.Name)
		}
	}
	names := maps.Clone(got)
	maps.Copy(names, want)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		ins := shapes{}
		maps.Copy(ins, got[name])
		maps.Copy(ins, want[name])
		for _, in := range slices.Sorted(maps.Keys(ins)) {
			g, have := got[name][in]
			w, wanted := want[name][in]
			switch {
			case !have:
				t.Errorf("%s is missing in %v", name, in)
			case !wanted:
				t.Errorf("%s may stand in %v, which nginx does not allow", name, in)
			case g != w:
				t.Errorf("%s in %v takes %v, nginx takes %v", name, in, g, w)
			}
		}
	}
}

// nginxDirectives reads a table with the columns name, module, contexts, args
// and block.
func nginxDirectives(t *testing.T, file string) map[string]shapes {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]shapes{}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			t.Fatalf("%q: got %d columns, want 5", line, len(f))
		}
		var in spec.Context
		for _, name := range strings.Split(f[2], ", ") {
			if name == "any" {
				for _, c := range contexts {
					in |= c
				}
				continue
			}
			c, ok := contexts[name]
			if !ok {
				t.Fatalf("%s: unknown context %q", f[0], name)
			}
			in |= c
		}
		if out[f[0]] == nil {
			out[f[0]] = shapes{}
		}
		if !out[f[0]].add(in, shape{arity(t, f[3]), f[4] == "block"}) {
			t.Errorf("%s: two rows for one context", f[0])
		}
	}
	if n := len(out); n != 656 || len(lines)-1 != 784 {
		t.Errorf("got %d names in %d rows, want 656 in 784", n, len(lines)-1)
	}
	return out
}

// arity reads a column such as "1,2", "2+" or "1 (on|off)".
func arity(t *testing.T, text string) (a spec.Arity) {
	t.Helper()
	text, _, _ = strings.Cut(text, " ")
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSuffix(part, "+"))
		if err != nil {
			t.Fatalf("arity %q: %v", text, err)
		}
		if strings.HasSuffix(part, "+") {
			a |= spec.AtLeast(n)
		} else {
			a |= spec.Exactly(n)
		}
	}
	return a
}
