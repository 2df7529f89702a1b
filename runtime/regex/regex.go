// Package regex runs PCRE patterns with the meaning that they have in nginx:
// over bytes, without UTF mode, "$" before a final newline. It knows patterns
// and subjects; it does not know locations, variables or log lines.
//
// A pattern is parsed by PCRE2's rules into a tree. A backtracking machine of
// this package runs it without allocating; only where counted groups would
// make too big a program, regexp2 does. What takes the machine too many steps
// is given to the standard package, which is linear, if the pattern and the
// subject mean the same there.
package regex

import (
	"errors"
	"sync"
)

// ErrTimeout reports a match that was stopped because it would run away, as
// nginx stops one at PCRE2's match limit. Its text is what pcre2_match() returns
// then, PCRE2_ERROR_MATCHLIMIT, and nginx logs.
var ErrTimeout = errors.New("-47")

const (
	// fewSteps is what a match may take before the linear engine is tried,
	// manySteps before it is stopped: about 5 ms, and never more than 20.
	fewSteps  = 20_000
	manySteps = 600_000

	// idleStack is what a machine keeps between matches, in frames.
	idleStack = 1 << 12
)

// Options are the compile options that nginx knows.
type Options struct {
	CaseInsensitive bool // "~*"
}

// A Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	pattern  string
	caps     int
	names    []Named
	filter   filter
	program  *program // nil: rich runs it
	linear   linear
	rich     *rich
	machines sync.Pool // of *machine
}

// Named is a named group, (?<name>…).
type Named struct {
	Name  string
	Index int // number of the group, from 1
}

// Compile compiles a pattern. The errors are *Error; their text is nginx's.
func Compile(pattern string, o Options) (*Regexp, error) {
	p, tree, err := parse(pattern, options{fold: o.CaseInsensitive})
	if err != nil {
		return nil, err
	}
	least, _ := tree.width()
	re := &Regexp{
		pattern: pattern,
		caps:    p.groups,
		names:   p.names,
		filter:  newFilter(tree, least),
		program: build(tree, p.groups),
		linear:  linear{tree: tree},
	}
	re.machines.New = func() any { return new(machine) }
	if re.program == nil {
		if re.rich, err = newRich(tree, p.groups); err != nil {
			return nil, p.refuse("the pattern", err.Error(), 0)
		}
	}
	return re, nil
}

// Match reports whether the subject matches. It returns, in the array of caps,
// which grows if it is too small, pairs of offsets into the subject: of the
// match and of each group, -1 where a group took no part. The error is
// ErrTimeout.
func (re *Regexp) Match(subject []byte, caps []int) (newcaps []int, matched bool, err error) {
	caps = caps[:0]
	if !re.filter.pass(subject) {
		return caps, false, nil
	}
	if re.program == nil {
		return re.rich.match(subject, caps)
	}
	start := re.program.candidate(subject, 0)
	if start < 0 {
		return caps, false, nil
	}
	m := re.machines.Get().(*machine)
	caps, matched, err = re.run(m, subject, start, caps, fewSteps)
	if err != nil {
		var ok bool
		if caps, matched, ok = re.linear.match(subject, caps); ok {
			err = nil
		} else {
			caps, matched, err = re.run(m, subject, start, caps, manySteps)
		}
	}
	m.s = nil
	if cap(m.stack) > idleStack {
		m.stack = nil
	}
	re.machines.Put(m)
	if err != nil {
		return caps, false, ErrTimeout
	}
	return caps, matched, nil
}

func (re *Regexp) run(m *machine, s []byte, start int, caps []int, steps int) ([]int, bool, error) {
	m.reset(re.program, s, steps)
	start, end, ok, err := m.search(re.program, start)
	if err != nil || !ok {
		return caps, false, err
	}
	m.slots[0], m.slots[1] = start, end
	caps = append(caps, m.slots[:2*(re.caps+1)]...)
	for i := 2; i < len(caps); i += 2 {
		if caps[i+1] < 0 { // begun, never ended
			caps[i] = -1
		}
	}
	return caps, true, nil
}

// NumCaptures returns the number of capturing groups.
func (re *Regexp) NumCaptures() int { return re.caps }

// Names returns the named groups, in the order of their numbers.
func (re *Regexp) Names() []Named { return re.names }

// Literal returns what a subject must contain to match.
func (re *Regexp) Literal() Literal { return re.filter.Literal }

// String returns the pattern as it was given.
func (re *Regexp) String() string { return re.pattern }
