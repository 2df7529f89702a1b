package doctor_test

import (
	"slices"
	"testing"
)

// Whoever is asked by several clients at once redirects them all.
func TestRedirectsAtOnce(t *testing.T) {
	f := start(t, seed{conf: "return 301 http://$http_host$request_uri;"}, true)
	for range 8 {
		c := f.dial()
		defer c.Close()
		c.Write([]byte(get("/x")))
	}
	f.wg.Wait()
	if !slices.Contains(f.codes(), "NX705") {
		t.Errorf("got %v\n%s", f.codes(), f.texts())
	}
}
