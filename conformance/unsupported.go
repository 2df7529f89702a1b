package conformance

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// unsupported is what a binary says of what it cannot do yet.
var unsupported = regexp.MustCompile(`\[emerg\] .*"([^"]+)".* (?:is|are) not supported yet`)

// Skips are the cases that were skipped because they need what the binary says
// it does not support yet, by what that is.
type Skips struct {
	mu sync.Mutex
	n  map[string]int
}

// skipUnsupported skips a case if the binary's output says that it needs
// something that is not supported yet. nginx is never let off.
func (s *Suite) skipUnsupported(t *testing.T, output string) {
	t.Helper()
	m := unsupported.FindStringSubmatch(output)
	if m == nil || s.Update || s.Skipped == nil {
		return
	}
	s.Skipped.mu.Lock()
	if s.Skipped.n == nil {
		s.Skipped.n = map[string]int{}
	}
	s.Skipped.n[m[1]]++
	s.Skipped.mu.Unlock()
	t.Skipf("needs %q, which is not supported yet", m[1])
}

// Report returns what was skipped, one line for each thing that lacks, and how
// many cases in all.
func (k *Skips) Report() (lines []string, total int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for what, n := range k.n {
		lines = append(lines, strings.Repeat("·", min(n, 40))+" "+what)
		total += n
	}
	slices.Sort(lines)
	return lines, total
}
