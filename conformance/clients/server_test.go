package clients

import (
	"bytes"
	"context"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/conformance"
)

// binary is the server under test.
var binary = sync.OnceValues(func() (string, error) {
	if bin := os.Getenv("UNDERSTUDY_BIN"); bin != "" {
		return exec.LookPath(bin)
	}
	bin := filepath.Join(scratch, "understudy")
	return bin, conformance.Build(bin)
})

// scratch is a folder for the whole run.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "clients")
	if err != nil {
		panic(err)
	}
	scratch = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func server(t *testing.T) string {
	t.Helper()
	bin, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// ours skips a test of what nginx does not have.
func ours(t *testing.T) string {
	t.Helper()
	bin := server(t)
	if strings.HasPrefix(filepath.Base(bin), "nginx") {
		t.Skip("the binary under test is nginx")
	}
	return bin
}

// A mapping replaces ports and hosts of a case by what the test has.
type mapping map[string]string

// install copies a case into a folder of its own, mapped. A name that is in no
// file of the case is an error of the test.
func install(t *testing.T, name string, m mapping) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o755); err != nil { // the default access_log
		t.Fatal(err)
	}
	var pairs []string
	used := make(map[string]bool)
	for from, to := range m {
		pairs = append(pairs, from, to)
	}
	replace := strings.NewReplacer(pairs...)
	from := os.DirFS(filepath.Join("..", "..", "testdata", filepath.FromSlash(name)))
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		to := filepath.Join(dir, filepath.FromSlash(name))
		switch {
		case err != nil || name == ".":
			return err
		case d.IsDir():
			return os.Mkdir(to, 0o755)
		}
		text, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		for from := range m {
			used[from] = used[from] || bytes.Contains(text, []byte(from))
		}
		return os.WriteFile(to, []byte(replace.Replace(string(text))), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	for from := range m {
		if !used[from] {
			t.Fatalf("%s does not have %q", name, from)
		}
	}
	return dir
}

// address returns a free address of loopback.
func address(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// serve starts the server on dir/nginx.conf and waits until it accepts at addr.
func serve(t *testing.T, dir, addr string) {
	t.Helper()
	serveBy(t, server(t), dir, addr)
}

// serveBy does so with another binary.
func serveBy(t *testing.T, binary, dir, addr string) {
	t.Helper()
	globals := "daemon off;"
	if conf, err := os.ReadFile(filepath.Join(dir, "nginx.conf")); err != nil {
		t.Fatal(err)
	} else if !bytes.Contains(conf, []byte("\npid ")) {
		globals += " pid nginx.pid;" // the default is shared by the machine
	}
	if os.Getuid() == 0 {
		globals += " user root;" // workers must read the test's folder
	}
	cmd := exec.Command(binary, "-p", dir, "-c", "nginx.conf", "-e", "stderr", "-g", globals)
	run(t, cmd)
	await(t, addr)
}

// run starts cmd, and stops it when the test ends.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-exited:
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(cmd.Path), err)
			}
		case <-time.After(10 * time.Second):
			cmd.Process.Kill()
			<-exited
			t.Errorf("%s goes on after an interrupt", filepath.Base(cmd.Path))
		}
		if t.Failed() {
			t.Logf("the server's output:\n%s", &log)
		}
	})
}

// await waits until something accepts connections at addr.
func await(t *testing.T, addr string) {
	t.Helper()
	awaitOn(t, "tcp", addr)
}

func awaitOn(t *testing.T, network, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("nothing listens at %s: %v", addr, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
