package browser

import "testing"

func TestAtLeast(t *testing.T) {
	for _, tt := range []struct {
		text, least string
		want        bool
	}{
		{"1.8.0.5)", "1.8.0.5", true}, {"1.8.0.4.9", "1.8.0.5", false}, {"1.8.1", "1.8.0.5", true}, {"2", "1.8.0.5", true},
		{"1", "1.8", false}, {"", "0", true}, {"x", "1", false}, {"7.50 [en]", "7.5", true}, {"7.05", "7.5", true}, {"9.0.1", "9.0.1.1", false},
	} {
		var p parser
		for _, c := range []byte(tt.least) {
			p.take(c)
		}
		if got := atLeast([]byte(tt.text), p.version()); got != tt.want {
			t.Errorf("%q from %s on: %v, want %v", tt.text, tt.least, got, tt.want)
		}
	}
}

func FuzzIsModern(f *testing.F) {
	f.Add([]byte("Mozilla/4.0 (compatible; MSIE 6.0; X11; FreeBSD i386) Opera 7.50  [en]"))
	f.Add([]byte("Opera"))
	tt := &tester{modern: modern{browsers: []version{{0, 8000000}, {1, 5500000}, {2, 1}, {3, 1}, {4, 1}}}, ancient: ancient{netscape4: true, parts: []string{"Lynx"}}}
	f.Fuzz(func(t *testing.T, agent []byte) {
		tt.isModern(agent)
		if n := testing.AllocsPerRun(1, func() { tt.isModern(agent) }); n != 0 {
			t.Errorf("%v allocations, want none", n)
		}
	})
}
