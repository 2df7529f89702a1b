// Package regex runs PCRE patterns with the meaning that they have in nginx:
// over bytes, without UTF mode. It knows patterns and subjects; it does not
// know locations, variables or log lines.
package regex

import (
	"errors"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// ErrTimeout reports a match that was stopped because it would run away.
var ErrTimeout = errors.New("regex: match limit exceeded")

// Options are the compile options that nginx knows.
type Options struct {
	CaseInsensitive bool // "~*"
}

// A Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	pattern string
	caps    int
	names   []Named
	lit     Literal
	engine  *regexp2.Regexp
	pool    sync.Pool
}

// Named is a named group, (?<name>…).
type Named struct {
	Name  string
	Index int // number of the group, from 1
}

// Literal is what every match must contain. Empty fields demand nothing.
// With Fold the bytes are lower case, and compared regardless of ASCII case.
type Literal struct {
	Prefix   string   // the subject begins with it
	Suffixes []string // the subject ends with one of them
	Contains string   // the subject contains it
	Fold     bool
}

// Compile compiles a pattern. The text of an error is nginx's.
func Compile(pattern string, o Options) (*Regexp, error) {
	opts := regexp2.RE2
	if o.CaseInsensitive {
		opts |= regexp2.IgnoreCase
	}
	e, err := regexp2.Compile(pattern, opts, regexp2.OptionMaintainCaptureOrder())
	if err != nil {
		return nil, err
	}
	e.MatchTimeout = 15 * time.Millisecond
	re := &Regexp{pattern: pattern, engine: e}
	for _, n := range e.GetGroupNumbers() {
		if n == 0 {
			continue
		}
		re.caps = max(re.caps, n)
		if name := e.GroupNameFromNumber(n); name[0] < '0' || name[0] > '9' {
			re.names = append(re.names, Named{name, n})
		}
	}
	return re, nil
}

// Match reports whether the subject matches, and returns the offsets of the
// match and of its groups in pairs, -1 where a group took no part, in the
// array of caps, which grows if it is too small. The error is ErrTimeout.
func (re *Regexp) Match(subject []byte, caps []int) ([]int, bool, error) {
	rs := make([]rune, len(subject))
	for i, c := range subject {
		rs[i] = rune(c)
	}
	caps = caps[:0]
	found := false
	err := re.engine.FindRunesMatches(rs, 0, func(v regexp2.MatchView) bool {
		found = true
		for i := 0; i <= re.caps; i++ {
			start, n, ok := v.GroupRange(i)
			if !ok {
				start, n = -1, 0
			}
			caps = append(caps, start, start+n)
		}
		return false
	})
	if err != nil {
		return caps, false, ErrTimeout
	}
	return caps, found, nil
}

// NumCaptures returns the number of capturing groups.
func (re *Regexp) NumCaptures() int { return re.caps }

// Names returns the named groups, in the order of their numbers.
func (re *Regexp) Names() []Named { return re.names }

// Literal returns what a subject must contain to match.
func (re *Regexp) Literal() Literal { return re.lit }

// String returns the pattern as it was given.
func (re *Regexp) String() string { return re.pattern }
