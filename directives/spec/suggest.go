package spec

import (
	"cmp"
	"slices"
	"strings"
)

// Suggest returns the directive whose name is nearest to name, of those
// allowed in a context if there is one, or "" if none is near.
func (t *Table) Suggest(name string, in Context) string {
	best, bestD := "", max(len(name)/3, 1)+1
	for _, e := range t.entries {
		d := distance(name, e.Name, bestD)
		if e.In&in == 0 {
			d++
		}
		if d < bestD {
			best, bestD = e.Name, d
		}
	}
	return best
}

// Near returns those of list that are like name, the most alike first.
func Near(name string, list []string) []string {
	limit := max(len(name)/2, 1) + 1
	name = strings.ToLower(name)
	d := map[string]int{}
	var out []string
	for _, n := range list {
		low := strings.ToLower(n)
		k := distance(name, low, limit)
		if k >= limit && len(name) > 2 && len(low) > 2 && (strings.Contains(low, name) || strings.Contains(name, low)) {
			k = limit - 1
		}
		if _, ok := d[n]; !ok && k < limit {
			d[n] = k
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(d[a], d[b]) })
	return out
}

// distance is the Levenshtein distance of a and b, or limit if it is not less.
func distance(a, b string, limit int) int {
	if diff := len(a) - len(b); diff >= limit || -diff >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := prev
			if a[i] != b[j] {
				cost++
			}
			prev = row[j+1]
			row[j+1] = min(cost, prev+1, row[j]+1)
		}
	}
	return min(row[len(b)], limit)
}
