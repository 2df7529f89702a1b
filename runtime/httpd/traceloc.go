package httpd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"understudy/parser/diag"
)

// located notes the location that won, and why the others lost: all those of each
// block that was looked into, in the order of the text.
func (r *Request) located() {
	t := r.trace
	if t == nil {
		return
	}
	seen := map[diag.Pos]bool{r.Loc.Pos: true}
	for i := len(t.Events) - 1; i >= 0 && t.Events[i].Phase == "candidate"; i-- {
		seen[t.Events[i].Pos] = true
	}
	for _, level := range t.levels {
		var lost []Event
		for l, why := range level.losers(r) {
			if !seen[l.Pos] {
				lost = append(lost, Event{Phase: "lost", Name: l.Title(), Pos: l.Pos, Text: why})
			}
		}
		slices.SortFunc(lost, func(a, b Event) int {
			return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
		})
		t.Events = append(t.Events, lost...)
	}
	t.levels, t.Location = t.levels[:0], r.Loc
	t.add(r, Event{Phase: "location", Name: r.Loc.Title(), Pos: r.Loc.Pos, Text: fmt.Sprintf("for %q", r.URI), Won: true})
}

// losers are the locations of a block, each with why it would not be the one.
func (t *tree) losers(r *Request) map[*Location]string {
	out := map[*Location]string{}
	for i := range t.prefix {
		l := t.prefix[i].loc
		if len(r.URI) >= len(l.Name) && string(r.URI[:len(l.Name)]) == l.Name {
			out[l] = "a longer prefix matches"
		} else {
			out[l] = fmt.Sprintf("%q does not start with it", r.URI)
		}
	}
	for l := range maps.Values(t.exact) {
		out[l] = "is not the whole URI"
	}
	why := "an earlier regular expression matched"
	switch {
	case t.exact[string(r.URI)] != nil:
		why = "not asked: an exact location matched"
	case r.Loc.Match == NoRegex && t.longest(r.URI) == r.Loc:
		why = "not asked: the prefix location has ^~"
	case t.slash[string(r.URI)] == r.Loc:
		why = "not asked: the URI lacks only a slash of " + r.Loc.Name
	case !slices.Contains(t.regex, r.Loc):
		why = "not asked: a location inside another matched"
	}
	for _, l := range t.regex {
		out[l] = why
	}
	return out
}
