package diag

import "testing"

func TestApply(t *testing.T) {
	at := func(line, col int) Pos { return Pos{"f", line, col} }
	for _, tt := range []struct {
		name, src string
		edits     []Edit
		want      string // "": an error
	}{
		{"a word", "a b;\nc d;\n", []Edit{Replace(at(2, 3), "d", "e")}, "a b;\nc e;\n"},
		{"before a word", "a b;\n", []Edit{Insert(at(1, 1), "x;\n")}, "x;\na b;\n"},
		{"in any order", "a b c", []Edit{Replace(at(1, 5), "c", "3"), Replace(at(1, 1), "a", "1")}, "1 b 3"},
		{"twice the same", "a", []Edit{Insert(at(1, 1), "x"), Insert(at(1, 1), "x")}, "xa"},
		{"two at one place", "a", []Edit{Insert(at(1, 1), "x"), Insert(at(1, 1), "y")}, "xya"},
		{"one in another", "abc", []Edit{Replace(at(1, 1), "abc", "x"), Replace(at(1, 2), "b", "y")}, "x"},
		{"at the end", "a", []Edit{Insert(at(1, 2), ";")}, "a;"},
		{"another text", "a", []Edit{Replace(at(1, 1), "b", "c")}, ""},
		{"beyond the end", "a", []Edit{Insert(at(3, 1), "b")}, ""},
		{"nowhere", "a", []Edit{Insert(Pos{}, "b")}, ""},
	} {
		got, _, err := Apply([]byte(tt.src), tt.edits)
		if string(got) != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}
