package mapping

import (
	"strings"
	"testing"

	"understudy/parser/diag"
	"understudy/runtime/regex"
	"understudy/runtime/vars"
)

// A fake is a subject whose $in is a text.
type fake struct {
	in    string
	slots []vars.Slot
	mem   []byte
	caps  []int
	subj  []byte
	cycle string
}

func (f *fake) Slots() []vars.Slot { return f.slots }
func (f *fake) Cycle(name string)  { f.cycle = name }
func (f *fake) Capture(n int) []byte {
	if 2*n+1 >= len(f.caps) {
		return nil
	}
	return f.subj[f.caps[2*n]:f.caps[2*n+1]]
}

func (f *fake) Alloc(n int) []byte {
	if n > cap(f.mem) {
		return make([]byte, 0, n)
	}
	return f.mem[:0:n]
}

func (f *fake) Exec(re *regex.Regexp, s []byte) (ok bool, err error) {
	f.caps, ok, err = re.Match(s, f.caps)
	f.subj = s
	return ok, err
}

// newTable makes a map of $in to $out from lines of a key and a result.
func newTable(t testing.TB, lines string) (*vars.Table[*fake], vars.Index, *table[*fake]) {
	t.Helper()
	vs := vars.NewTable(vars.Variable[*fake]{Name: "in", Volatile: true, Get: func(f *fake, _ string) ([]byte, bool) { return []byte(f.in), true }})
	source, err := vs.Compile("$in", diag.Pos{})
	if err != nil {
		t.Fatal(err)
	}
	m := &table[*fake]{source: source}
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		key, val, _ := strings.Cut(strings.TrimSpace(line), " ")
		val = strings.TrimSpace(val)
		tm, err := vs.Compile(val, diag.Pos{})
		if err != nil {
			t.Fatal(err)
		}
		to := &result[*fake]{template: tm}
		if lit, ok := tm.Literal(); ok {
			to = &result[*fake]{text: lit}
		}
		switch {
		case key == "hostnames":
			m.hostnames = true
		case key == "default":
			m.fallback = to
		case key[0] == '~':
			re, err := regex.Compile(strings.TrimPrefix(key[1:], "*"), regex.Options{CaseInsensitive: strings.HasPrefix(key, "~*")})
			if err != nil {
				t.Fatal(err)
			}
			m.regexes = append(m.regexes, expression[*fake]{re, to})
		default:
			if err := m.keys.Add(key, to, m.hostnames); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := vs.Declare(vars.Variable[*fake]{Name: "out", Get: func(f *fake, _ string) ([]byte, bool) { return m.value(f), true }}); err != nil {
		t.Fatal(err)
	}
	out := vs.Index("out", diag.Pos{})
	var ds diag.List
	if vs.Link(&ds); len(ds) > 0 {
		t.Fatal(ds)
	}
	m.ready()
	return vs, out, m
}

func newFake(vs *vars.Table[*fake], in string) *fake {
	return &fake{in: in, slots: make([]vars.Slot, vs.Len()), mem: make([]byte, 1024)}
}

const lines = `
	hostnames
	default     none-$in
	a.example   exact
	*.example   head
	~^n(\d+)$   $1!
	~*^UP       fold
	~.{200}     long
	loop.x      $out.
`

func TestValue(t *testing.T) {
	vs, out, _ := newTable(t, lines)
	for _, tt := range []struct{ in, want string }{
		{"a.example", "exact"},
		{"A.EXAMPLE.", "exact"},
		{"b.example", "head"},
		{"b.example..", "none-b.example.."},
		{"n12", "12!"},
		{"N12", "none-N12"},
		{"upper", "fold"},
		{strings.Repeat("X", 200), "long"},
		{"", "none-"},
		{"loop.x", "."},
	} {
		f := newFake(vs, tt.in)
		got, ok := vs.Get(f, out)
		if !ok || string(got) != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
		if cycles := f.cycle == "out"; cycles != (tt.in == "loop.x") {
			t.Errorf("%q: a cycle of %q", tt.in, f.cycle)
		}
	}
}

func TestNoDefault(t *testing.T) {
	vs, out, _ := newTable(t, "a b")
	if got, ok := vs.Get(newFake(vs, "x"), out); !ok || len(got) != 0 {
		t.Errorf("got %q, %v; want an empty text", got, ok)
	}
}

func TestFindAllocates(t *testing.T) {
	vs, _, m := newTable(t, lines)
	f := newFake(vs, "")
	for _, val := range []string{"a.example", "A.Example", "b.EXAMPLE", "n12", "nothing"} {
		in := []byte(val)
		m.find(f, in)
		if n := testing.AllocsPerRun(100, func() { m.find(f, in) }); n != 0 {
			t.Errorf("%q: %v allocations, want none", val, n)
		}
	}
}
