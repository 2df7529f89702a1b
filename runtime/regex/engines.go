package regex

import (
	"regexp"
	"regexp/syntax"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// A linear matches with the standard package, in a time linear in the
// subject, what took the backtracking machine too many steps.
type linear struct {
	once sync.Once
	tree *node
	re   *regexp.Regexp // nil: the pattern means something else there
	size int            // how many places of the pattern each byte is compared with
}

// maxWork bounds the bytes that a linear match compares: about 10 ms.
const maxWork = 1_000_000

// match reports ok false if the engine cannot tell.
func (l *linear) match(s []byte, caps []int) (newcaps []int, matched, ok bool) {
	l.once.Do(func() {
		if text, ok := forStd(l.tree); ok {
			l.re, _ = regexp.Compile(text) // too large a pattern stays with the machine
			l.size = stdSize(text)
		}
		l.tree = nil
	})
	if l.re == nil || len(s)*l.size > maxWork || !plain(s) {
		return caps, false, false
	}
	m := l.re.FindSubmatchIndex(s)
	return append(caps, m...), m != nil, true
}

// stdSize returns how many instructions the standard package makes of a pattern.
func stdSize(text string) int {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	p, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return 0
	}
	return len(p.Inst)
}

// plain reports whether s is ASCII and has no newline at its end.
func plain(s []byte) bool {
	for _, c := range s {
		if c >= 128 {
			return false
		}
	}
	return len(s) == 0 || s[len(s)-1] != '\n'
}

const (
	// matchTimeout and clockPeriod together keep a match under 20 ms: regexp2
	// looks at a clock that ticks by the period, and allows one period more.
	matchTimeout = 10 * time.Millisecond
	clockPeriod  = 4 * time.Millisecond

	// maxStack is in words; it also bounds what an idle runner retains.
	maxStack = 1 << 20
)

// tuneClock sets the clock of regexp2 before its first use.
var tuneClock = sync.OnceFunc(func() { regexp2.SetTimeoutCheckPeriod(clockPeriod) })

// A rich matches with regexp2 what would be too big a program: counted groups
// in counted groups.
type rich struct {
	re   *regexp2.Regexp
	caps int
	pool sync.Pool // of *reader
}

// A reader is the working space of one match.
type reader struct {
	runes []rune
	caps  []int
	found bool
	yield func(regexp2.MatchView) bool // bound once, so that a match allocates no closure
}

func newRich(tree *node, groups int) (*rich, error) {
	tuneClock()
	text, _ := forRegexp2(tree)
	re, err := regexp2.Compile(text, regexp2.OptionMaintainCaptureOrder(), regexp2.OptionMaxBacktrackingStackSize(maxStack))
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	r := &rich{re: re, caps: groups}
	r.pool.New = func() any {
		rd := &reader{}
		rd.yield = func(v regexp2.MatchView) bool {
			rd.found = true
			for i := 0; i <= r.caps; i++ {
				if start, n, ok := v.GroupRange(i); ok {
					rd.caps = append(rd.caps, start, start+n)
				} else {
					rd.caps = append(rd.caps, -1, -1)
				}
			}
			return false
		}
		return rd
	}
	return r, nil
}

func (r *rich) match(s []byte, caps []int) ([]int, bool, error) {
	rd := r.pool.Get().(*reader)
	rd.runes = rd.runes[:0]
	for _, c := range s {
		rd.runes = append(rd.runes, runeOf(c))
	}
	rd.caps, rd.found = caps, false
	err := r.re.FindRunesMatches(rd.runes, 0, rd.yield)
	caps, found := rd.caps, rd.found
	rd.caps = nil
	r.pool.Put(rd)
	if err != nil { // the time or the stack ran out
		return caps[:0], false, ErrTimeout
	}
	return caps, found, nil
}
