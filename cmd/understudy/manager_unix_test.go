//go:build unix

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServiceManager is started as systemd does it: with sockets, one of which
// nobody wants, and with a place to report to.
func TestServiceManager(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: filepath.Join(dir, "notify")})
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	next := func() string {
		t.Helper()
		b := make([]byte, 1000)
		notify.SetReadDeadline(time.Now().Add(patience))
		n, err := notify.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	path := filepath.Join(dir, "web.sock")
	tcp, unix, other := listening(t, "tcp", "127.0.0.1:0"), listening(t, "unix", path), listening(t, "tcp", "127.0.0.1:0")
	addr := tcp.Addr().String()
	conf := fmt.Sprintf("daemon off; error_log error.log notice; pid nginx.pid;\nevents {}\nhttp { access_log off; server { listen %s; listen unix:%s; return 200 hi; } }\n", addr, path)
	if os.Geteuid() == 0 {
		conf = "user root; " + conf
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec nginx -p "$0" -c nginx.conf -e error.log`, dir+"/")
	cmd.Env = append(os.Environ(), "LISTEN_FDS=3", "NOTIFY_SOCKET="+notify.LocalAddr().String())
	for _, l := range []net.Listener{tcp, unix, other} {
		f, err := l.(interface{ File() (*os.File, error) }).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	if got, want := next(), fmt.Sprintf("READY=1\nMAINPID=%d", cmd.Process.Pid); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	tcp.Close()    // the process has it
	for range 20 { // a second socket of the address would get some of them
		if err := ask(addr); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Process.Signal(syscall.SIGHUP)
	if got := next(); !strings.HasPrefix(got, "RELOADING=1\nMONOTONIC_USEC=") {
		t.Errorf("got %q", got)
	}
	if got := next(); got != "READY=1" {
		t.Errorf("got %q", got)
	}
	if err := ask(addr); err != nil {
		t.Error(err)
	}
	cmd.Process.Signal(syscall.SIGQUIT)
	if got := next(); got != "STOPPING=1" {
		t.Errorf("got %q", got)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the service manager's socket: %v", err)
	}
	if !logged(dir, "using 3 sockets of the service manager") || logged(dir, "[emerg]") {
		text, _ := os.ReadFile(dir + "/error.log")
		t.Errorf("%s", text)
	}
}

func listening(t *testing.T, network, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
