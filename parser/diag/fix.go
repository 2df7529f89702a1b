package diag

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
)

// An Edit replaces text of a file. It is about the text that was looked at: Old,
// which may be empty, stands at the place.
type Edit struct {
	At       Pos
	Old, New string
}

// A Fix is what would end a finding.
type Fix struct {
	Title string // what it does, as an order: "add the map"
	Edits []Edit

	// Safe says that nothing changes that works: what is edited did not start, or
	// comes to the same afterwards.
	Safe bool
}

// Replace is the edit that writes another text for the word that stands at a place.
func Replace(at Pos, old, text string) Edit { return Edit{at, old, text} }

// Insert is the edit that writes a text before a place.
func Insert(at Pos, text string) Edit { return Edit{At: at, New: text} }

// Apply makes edits of one file in its text. Those that would change what another
// has changed already are left out; done says for each whether it was made.
func Apply(src []byte, edits []Edit) (out []byte, done []bool, err error) {
	type span struct{ i, from, to int }
	done = make([]bool, len(edits))
	var spans []span
	for i, e := range edits {
		from, ok := offset(src, e.At)
		if !ok || !bytes.HasPrefix(src[from:], []byte(e.Old)) {
			return nil, nil, fmt.Errorf("%s: %q is not there any more", e.At, e.Old)
		}
		spans = append(spans, span{i, from, from + len(e.Old)})
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	at := 0
	for k, s := range spans {
		if s.from < at || k > 0 && edits[s.i] == edits[spans[k-1].i] {
			continue
		}
		out = append(append(out, src[at:s.from]...), edits[s.i].New...)
		at, done[s.i] = s.to, true
	}
	return append(out, src[at:]...), done, nil
}

// offset is where a place is in a text.
func offset(src []byte, at Pos) (int, bool) {
	n := 0
	for line := 1; line < at.Line; line++ {
		i := bytes.IndexByte(src[n:], '\n')
		if i < 0 {
			return 0, false
		}
		n += i + 1
	}
	n += at.Col - 1
	return n, at.IsValid() && at.Col > 0 && n <= len(src)
}
