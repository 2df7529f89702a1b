package vars

import (
	"slices"
	"strings"
	"testing"

	"understudy/parser/diag"
)

// A subject is as little of a request as variables need.
type subject struct {
	slots    []Slot
	captures []string
	asked    map[string]int // evaluations by name
	cycles   []string
	set      []string
}

func (s *subject) Slots() []Slot { return s.slots }

func (s *subject) Capture(n int) []byte {
	if n < 0 {
		n = 0
	}
	if n >= len(s.captures) {
		return nil
	}
	return []byte(s.captures[n])
}

func (s *subject) Cycle(name string) { s.cycles = append(s.cycles, name) }

// constant declares a variable that counts how often it is evaluated.
func constant(name, val string) Variable[*subject] {
	return Variable[*subject]{Name: name, Get: func(s *subject, rest string) ([]byte, bool) {
		if s.asked == nil {
			s.asked = map[string]int{}
		}
		s.asked[name]++
		return []byte(val + rest), true
	}}
}

func absent(name string) Variable[*subject] {
	v := constant(name, "")
	get := v.Get
	v.Get = func(s *subject, rest string) ([]byte, bool) { get(s, rest); return nil, false }
	return v
}

func link(t testing.TB, table *Table[*subject]) *subject {
	t.Helper()
	var errs diag.List
	table.Link(&errs)
	if err := errs.Err(); err != nil {
		t.Fatal(err)
	}
	return &subject{slots: make([]Slot, table.Len())}
}

func TestDeclare(t *testing.T) {
	changeable := constant("args", "built in")
	changeable.Changeable = true
	weak := constant("args", "weak")
	weak.Weak = true
	for _, tt := range []struct {
		what string
		add  []Variable[*subject]
		name string // then asked for
		want string
		err  string // of the last one added
	}{
		{what: "of its own", add: []Variable[*subject]{constant("own", "1")}, name: "own", want: "1"},
		{what: "twice by the configuration: the last counts", add: []Variable[*subject]{constant("own", "1"), constant("own", "2")}, name: "own", want: "2"},
		{what: "case does not matter", add: []Variable[*subject]{constant("OWN", "1")}, name: "own", want: "1"},
		{what: "a built-in one", add: []Variable[*subject]{constant("host", "1")}, err: `the duplicate "host" variable`},
		{what: "a built-in one in another case", add: []Variable[*subject]{constant("Host", "1")}, err: `the duplicate "host" variable`},
		{what: "a changeable built-in one", add: []Variable[*subject]{changeable}, name: "args", want: "built in"},
		{what: "weakly, of a built-in one", add: []Variable[*subject]{weak}, name: "args", want: "args"},
		{what: "weakly, behind another", add: []Variable[*subject]{constant("own", "map"), {Name: "own", Weak: true}}, name: "own", want: "map"},
		{what: "behind a weak one", add: []Variable[*subject]{{Name: "own", Weak: true}, constant("own", "map")}, name: "own", want: "map"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			args := constant("args", "args")
			args.Changeable = true
			table := NewTable(constant("host", "h"), args)
			var err error
			for _, v := range tt.add {
				err = table.Declare(v)
			}
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("got %v, want %s", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			i := table.Index(tt.name, diag.Pos{})
			s := link(t, table)
			if got, ok := table.Get(s, i); !ok || string(got) != tt.want {
				t.Errorf("got %q %v, want %q", got, ok, tt.want)
			}
		})
	}
}

func TestFamilies(t *testing.T) {
	yielding := constant("http_set", "")
	yielding.Yields = true
	table := NewTable(
		constant("http_*", "http:"), constant("upstream_http_*", "up:"), constant("upstream_*", "u:"),
		constant("http_host", "own"), yielding,
	)
	for _, tt := range []struct{ name, want string }{
		{"http_accept", "http:accept"},
		{"http_host", "own"},              // a name of its own comes first
		{"http_set", "http:set"},          // unless it yields
		{"upstream_http_x", "up:x"},       // the longest wins
		{"upstream_status", "u:status"},   //
		{"upstream_https", "u:https"},     // the underscore belongs to the name
		{"http_", ""},                     // nothing behind it: never found
		{"HTTP_Accept", "http:accept"},    //
		{"upstream_http_", ""},            // not "u:http_"
		{"upstream_http_host", "up:host"}, //
	} {
		i := table.Index(tt.name, diag.Pos{})
		s := link(t, table)
		got, ok := table.Get(s, i)
		if string(got) != tt.want || ok != (tt.want != "") {
			t.Errorf("$%s: got %q %v, want %q", tt.name, got, ok, tt.want)
		}
		lower := strings.ToLower(tt.name)
		if got, _ := table.Named(s, lower); string(got) != tt.want {
			t.Errorf("Named(%q): got %q, want %q", lower, got, tt.want)
		}
	}
}

func TestIndex(t *testing.T) {
	table := NewTable(constant("host", "h"))
	i := table.Index("host", diag.Pos{})
	if j := table.Index("HOST", diag.Pos{}); j != i {
		t.Errorf("$HOST is %d, $host %d", j, i)
	}
	if j := table.Index("other", diag.Pos{}); j == i || table.Name(j) != "other" || table.Len() != 2 {
		t.Errorf("got %d %q of %d", j, table.Name(j), table.Len())
	}
	if got := table.Find("host"); got != i {
		t.Errorf("Find: got %d, want %d", got, i)
	}
	if got := table.Find("never"); got != None {
		t.Errorf("Find of a name that is not in use: got %d", got)
	}
	if got := table.Names(); !slices.Equal(got, []string{"host"}) {
		t.Errorf("Names: got %q: a use declares nothing", got)
	}
}

func TestLinkUnknown(t *testing.T) {
	table := NewTable(constant("host", "h"))
	first := diag.Pos{File: "nginx.conf", Line: 3}
	table.Index("Nope", first)
	table.Index("host", diag.Pos{Line: 4})
	table.Index("nope", diag.Pos{Line: 5})
	table.Index("late", diag.Pos{Line: 6})
	if err := table.Declare(constant("late", "")); err != nil {
		t.Fatal(err)
	}
	var errs diag.List
	table.Link(&errs)
	if len(errs) != 1 || errs[0].Pos != first || errs[0].Msg != `unknown "nope" variable` {
		t.Errorf("got %v, want one error, at %v", errs, first)
	}
}

func TestNamedNeedsNoUse(t *testing.T) {
	table := NewTable(constant("host", "h"), Variable[*subject]{Name: "holds"})
	s := link(t, table)
	if got, ok := table.Named(s, "host"); string(got) != "h" || !ok {
		t.Errorf("got %q %v", got, ok)
	}
	for _, name := range []string{"holds", "unknown"} {
		if got, ok := table.Named(s, name); got != nil || ok {
			t.Errorf("%s: got %q %v", name, got, ok)
		}
	}
}

func TestGetCaches(t *testing.T) {
	volatile, gone := constant("now", "n"), absent("gone now")
	volatile.Volatile, gone.Volatile = true, true
	table := NewTable(constant("host", "h"), absent("gone"), volatile, gone)
	for _, tt := range []struct {
		name string
		asks int
	}{{"host", 1}, {"gone", 1}, {"now", 3}, {"gone now", 3}} {
		i := table.Index(tt.name, diag.Pos{})
		s := link(t, table)
		for range 3 {
			table.Get(s, i)
		}
		if got := s.asked[tt.name]; got != tt.asks {
			t.Errorf("$%s was evaluated %d times, want %d", tt.name, got, tt.asks)
		}
		table.Keep(s, i, []byte("kept"))
		if got, ok := table.Get(s, i); string(got) != "kept" || !ok || s.asked[tt.name] != tt.asks {
			t.Errorf("$%s: got %q %v after Keep", tt.name, got, ok)
		}
		table.Forget(s, i)
		table.Get(s, i)
		if got := s.asked[tt.name]; got != tt.asks+1 {
			t.Errorf("$%s was evaluated %d times after Forget, want %d", tt.name, got, tt.asks+1)
		}
	}
}

func TestSet(t *testing.T) {
	acting := constant("args", "a")
	acting.Set = func(s *subject, val []byte) { s.set = append(s.set, string(val)) }
	table := NewTable(acting, Variable[*subject]{Name: "holds"})
	args, holds := table.Index("args", diag.Pos{}), table.Index("holds", diag.Pos{})
	s := link(t, table)
	table.Set(s, args, []byte("b=c"))
	if got, _ := table.Get(s, args); string(got) != "a" || !slices.Equal(s.set, []string{"b=c"}) {
		t.Errorf("got %q, set %q: the variable says what it is itself", got, s.set)
	}
	if got, ok := table.Get(s, holds); ok {
		t.Errorf("got %q before Set", got)
	}
	table.Set(s, holds, []byte(""))
	if got, ok := table.Get(s, holds); len(got) != 0 || !ok {
		t.Errorf("got %q %v: an empty value is one", got, ok)
	}
}

func TestGetThatSets(t *testing.T) {
	table := NewTable[*subject]()
	var i Index
	if err := table.Declare(Variable[*subject]{Name: "self", Get: func(s *subject, _ string) ([]byte, bool) {
		table.Keep(s, i, []byte("kept"))
		return nil, false
	}}); err != nil {
		t.Fatal(err)
	}
	i = table.Index("self", diag.Pos{})
	s := link(t, table)
	for range 2 {
		if got, ok := table.Get(s, i); string(got) != "kept" || !ok {
			t.Errorf("got %q %v", got, ok)
		}
	}
}

func TestCycle(t *testing.T) {
	table := NewTable[*subject]()
	a, b := table.Index("a", diag.Pos{}), table.Index("b", diag.Pos{})
	for _, v := range []struct {
		name string
		of   Index
	}{{"a", b}, {"b", a}} {
		table.Declare(Variable[*subject]{Name: v.name, Get: func(s *subject, _ string) ([]byte, bool) { return table.Get(s, v.of) }})
	}
	s := link(t, table)
	if got, ok := table.Get(s, a); ok || !slices.Equal(s.cycles, []string{"a"}) {
		t.Errorf("got %q %v, cycles %q", got, ok, s.cycles)
	}
	if _, ok := table.Get(s, a); ok || len(s.cycles) != 1 {
		t.Errorf("cycles %q: one is enough", s.cycles)
	}
}
