package spec

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
