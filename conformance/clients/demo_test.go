package clients

import (
	"bufio"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

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

var pageURL = regexp.MustCompile(`http://localhost:\d+/`)

// The command itself: it says where the page is, and ends at an interrupt.
func TestDemoCommand(t *testing.T) {
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(ours(t), "demo")
	cmd.Stdout, cmd.Stderr = in, in
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	defer cmd.Process.Kill()

	out.SetReadDeadline(time.Now().Add(20 * time.Second))
	said := bufio.NewScanner(out)
	url := ""
	for url == "" && said.Scan() {
		url = pageURL.FindString(said.Text())
	}
	if url == "" {
		t.Fatalf("it does not say where the page is (%v)", said.Err())
	}
	await(t, strings.Trim(strings.TrimPrefix(url, "http:"), "/"))
	t.Run("page", func(t *testing.T) {
		browse(t, url,
			step{"wait": "#echo .got", "text": "welcome"}, step{"wait": "#stream .got", "text": "welcome"},
			step{"fill": "#echo input", "text": "hello"}, step{"click": "#echo form button"},
			step{"wait": "#echo .got", "text": ": hello"})
	})

	cmd.Process.Signal(os.Interrupt)
	select {
	case err := <-exited:
		if err != nil {
			t.Errorf("after an interrupt: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("it goes on after an interrupt")
	}
}
