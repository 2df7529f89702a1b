package httpd

import (
	"slices"
	"strings"

	"understudy/runtime/logs"
	"understudy/runtime/regex"
)

// A tree is the locations of one block, arranged so that a URI finds its own
// without looking at the others.
type tree struct {
	exact  map[string]*Location
	prefix []node // by name
	regex  []*Location
	index  *regex.Index // of regex
	named  map[string]*Location

	// slash holds the locations that redirect "/name" to their "/name/".
	slash map[string]*Location
}

type node struct {
	loc    *Location
	name   string
	parent int // index of the longest other name that this one starts with, or -1
}

// SetLocations gives l its nested locations, in the order written. They must
// be complete but for their own nested ones.
func (l *Location) SetLocations(nested []*Location) { l.tree = newTree(nested) }

func newTree(ls []*Location) tree {
	var t tree
	for _, l := range ls {
		if name, ok := strings.CutSuffix(l.Name, "/"); ok && l.Slash && l.Match <= Exact && t.slash[name] == nil {
			if t.slash == nil {
				t.slash = map[string]*Location{}
			}
			t.slash[name] = l
		}
		switch l.Match {
		case Exact:
			if t.exact == nil {
				t.exact = map[string]*Location{}
			}
			t.exact[l.Name] = l
		case Prefix, NoRegex:
			t.prefix = append(t.prefix, node{loc: l, name: l.Name})
		case Regex:
			t.regex = append(t.regex, l)
		case Named:
			if t.named == nil {
				t.named = map[string]*Location{}
			}
			if t.named[l.Name] == nil { // nginx takes the first one, and does not complain
				t.named[l.Name] = l
			}
		}
	}
	t.index = regex.NewIndex(t.regex, func(l **Location) *regex.Regexp { return (*l).Pattern })
	slices.SortFunc(t.prefix, func(a, b node) int { return strings.Compare(a.name, b.name) })
	var open []int // names that the current one may start with
	for i := range t.prefix {
		for len(open) > 0 && !strings.HasPrefix(t.prefix[i].name, t.prefix[open[len(open)-1]].name) {
			open = open[:len(open)-1]
		}
		t.prefix[i].parent = -1
		if n := len(open); n > 0 {
			t.prefix[i].parent = open[n-1]
		}
		open = append(open, i)
	}
	return t
}

// longest returns the location with the longest name that uri starts with.
func (t *tree) longest(uri []byte) *Location {
	i := t.after(uri)
	for i--; i >= 0; i = t.prefix[i].parent {
		n := &t.prefix[i]
		if len(uri) >= len(n.name) && string(uri[:len(n.name)]) == n.name {
			return n.loc
		}
	}
	return nil
}

// after returns the index of the first prefix name greater than uri.
func (t *tree) after(uri []byte) int {
	lo, hi := 0, len(t.prefix)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); t.prefix[mid].name <= string(uri) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// find sets r.Loc to the location for r.URI within at. It reports whether the
// URI must be redirected to the location's name, and a failure of a regular
// expression.
//
// The rules are nginx's: an exact name wins at once; of the prefixes the
// longest is kept; nested locations are asked next; then, unless a "^~" said
// no, the regular expressions of this level in order.
func (r *Request) find(at *Location) (redirect bool, st Status) {
	t := &at.tree
	r.level(t)
	if l := t.exact[string(r.URI)]; l != nil {
		r.candidate(l, "is the URI itself")
		r.Loc = l
		return false, OK
	}
	l := t.longest(r.URI)
	if l == nil || len(l.Name) != len(r.URI) {
		if l := t.slash[string(r.URI)]; l != nil {
			r.candidate(l, "is the URI with a final slash")
			r.Loc = l
			return true, OK
		}
	}
	noregex, inner := false, Declined
	if l != nil {
		if r.Debugging(logs.DebugHTTP) {
			r.Debugf(logs.DebugHTTP, "test location: \"%s\"", l.Name)
		}
		r.candidate(l, "is the longest prefix")
		r.Loc = l
		noregex = l.Match == NoRegex
		if !l.tree.empty() {
			redirect, inner = r.find(l)
			if inner == OK || inner >= 400 {
				return redirect, inner
			}
		}
	}
	if noregex {
		return false, inner
	}
	if t.regex == nil {
		return false, Declined
	}
	return r.findRegex(t)
}

// findRegex is find's last step.
func (r *Request) findRegex(t *tree) (redirect bool, st Status) {
	st = Declined
	index, debugging := t.index, r.Debugging(logs.DebugHTTP)
	if debugging || r.trace != nil {
		index = nil // all are to be seen
	}
	index.Each(r.URI, len(t.regex), func(i int) bool {
		l := t.regex[i]
		if debugging {
			r.Debugf(logs.DebugHTTP, "test location: ~ \"%s\"", l.Name)
		}
		ok, err := r.Exec(l.Pattern, r.URI)
		if err != nil {
			st = 500
			return false
		}
		if r.trace != nil {
			r.tried(l, ok)
		}
		if ok {
			r.Loc, st = l, OK
		}
		return !ok
	})
	if st != OK || r.Loc.tree.empty() {
		return false, st
	}
	if redirect, st = r.find(r.Loc); st >= 400 {
		return false, st
	}
	return redirect, OK
}

func (t *tree) empty() bool {
	return t.exact == nil && t.prefix == nil && t.regex == nil
}
