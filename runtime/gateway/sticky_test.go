package gateway

import "testing"

func TestValidSameSite(t *testing.T) {
	for v, want := range map[string]bool{"strict": true, "LAX": true, "None": true, "": false, "stric": false, "no": false} {
		if got := ValidSameSite([]byte(v)); got != want {
			t.Errorf("%q is %v", v, got)
		}
	}
}
