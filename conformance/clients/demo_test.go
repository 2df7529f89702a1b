package clients

import (
	"strings"
	"testing"

	"understudy/cmd/understudy/demo"
)

// The demo's page, its backends and its configuration, with the server under
// test between them.
func TestDemo(t *testing.T) {
	b, err := demo.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	dir := t.TempDir()
	site, err := b.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, dir, strings.Replace(site.HTTP, "localhost", "127.0.0.1", 1))

	t.Run("page", func(t *testing.T) {
		var steps []step
		for _, box := range []string{"#echo", "#chat", "#stream"} {
			steps = append(steps,
				step{"wait": box + " .got", "text": "welcome"},
				step{"wait": box + " .hit"}, // the backend that answers is lit
				step{"fill": box + " input", "text": "a line from " + box}, step{"click": box + " form button"},
				step{"wait": box + " .got", "text": "a line from " + box})
		}
		texts := browse(t, "http://"+site.HTTP+"/", steps...)
		if len(texts) != 9 {
			t.Fatalf("the page shows %q", texts)
		}
		for i := 0; i < len(texts); i += 3 {
			welcome, lit, answer := texts[i], texts[i+1], texts[i+2]
			if from := "← backend " + lit + ": "; !strings.HasPrefix(welcome, from) || !strings.HasPrefix(answer, from) {
				t.Errorf("the page shows %q and %q, but lights backend %s", welcome, answer, lit)
			}
		}
	})
}
