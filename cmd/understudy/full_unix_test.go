//go:build unix

package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestFull runs where files may not grow and the log's disk is full: what needs a
// file fails, and nothing else.
func TestFull(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	back, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go http.Serve(back, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, n)
	}))
	defer back.Close()
	addr, dir := freeAddress(t), t.TempDir()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	conf := fmt.Sprintf(`%s daemon off; error_log error.log; pid nginx.pid;
events {}
http {
    client_body_temp_path temp;
    access_log /dev/full;
    server { listen %s; location / { proxy_pass http://%s; } }
}
`, user, addr, back.Addr())
	if err := os.WriteFile(dir+"/nginx.conf", []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	const limit = 64 // blocks, which are of 512 or 1024 bytes
	cmd := exec.Command("sh", "-c", fmt.Sprintf(`ulimit -f %d; exec nginx -p "$0" -c nginx.conf -e error.log`, limit), dir+"/")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	awaitThat(t, "the pid file", func() bool { _, ok := pidFrom(dir + "/nginx.pid"); return ok })
	for _, tt := range []struct{ size, status int }{
		{10, 200},
		{limit<<10 + 50_000, 500},
		{10, 200},
		{30_000, 200}, // in a file that is small enough
	} {
		resp, err := http.Post("http://"+addr+"/", "", strings.NewReader(strings.Repeat("x", tt.size)))
		if err != nil {
			t.Fatalf("%d bytes: %v", tt.size, err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.status || tt.status == 200 && string(body) != fmt.Sprint(tt.size) {
			t.Errorf("%d bytes: got %d %q, want %d", tt.size, resp.StatusCode, body, tt.status)
		}
	}
	for _, want := range []string{
		`" failed (27: File too large)`,
		`[alert] `,
		`write() to "/dev/full" failed (28: No space left on device) while logging request`,
	} {
		if !logged(dir, want) {
			t.Errorf("not logged: %s", want)
		}
	}
	if t.Failed() {
		log, _ := os.ReadFile(dir + "/error.log")
		t.Logf("%s", log)
	}
	cmd.Process.Signal(syscall.SIGQUIT)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
