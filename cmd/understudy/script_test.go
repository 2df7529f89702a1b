package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// realNginx is the nginx of this machine, "" if there is none.
var realNginx, _ = exec.LookPath("nginx")

func TestMain(m *testing.M) {
	run := func() { os.Exit(Main(os.Args)) }
	testscript.Main(m, map[string]func(){"understudy": run, "nginx": run})
}

// patience is how long a script waits for another process.
const patience = 10 * time.Second

// TestScripts runs testdata/script/*.txtar. Beside the commands of testscript
// they have
//
//	get URL            prints the body of a response; waits for the server
//	await FILE REGEXP  waits until a file has a line that matches
//	gone FILE          waits until there is no such file
//	signal SIG FILE    sends a signal to the process whose pid is in a file
//	envsubst FILE...   replaces $PORT and so on in files
//	handshake ADDR NAME FILE
//	                   makes a TLS connection, prints the names in the certificate
//	fetch URL HOST     prints a whole response
//	listen PORT        takes a port until the end of the script
//
// and $PORT, $PORT2 and $PORT3, which are free.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"get": get, "await": await, "gone": gone, "signal": sendSignalTo, "ended": ended, "listen": listenOn, "envsubst": envsubst, "handshake": handshake, "fetch": fetch,
		},
	})
}

func setup(e *testscript.Env) error {
	var held []net.Listener // until all are chosen, so that they differ
	for _, name := range []string{"PORT", "PORT2", "PORT3"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		held = append(held, l)
		e.Setenv(name, fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	}
	for _, l := range held {
		l.Close()
	}
	e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
	for _, name := range []string{"NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR"} {
		e.Setenv(name, "")
	}
	return os.Mkdir(filepath.Join(e.WorkDir, "logs"), 0o755)
}

// until tries f until it is done or patience ends.
func until(ts *testscript.TestScript, what string, f func() error) {
	deadline := time.Now().Add(patience)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: %v", what, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func get(ts *testscript.TestScript, neg bool, args []string) {
	client := http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if neg {
		if resp, err := client.Get(args[0]); err == nil {
			resp.Body.Close()
			ts.Fatalf("%s answers %s", args[0], resp.Status)
		}
		return
	}
	until(ts, args[0], func() error {
		resp, err := client.Get(args[0])
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		fmt.Fprintf(ts.Stdout(), "%s\nServer: %s\n%s", resp.Status, resp.Header.Get("Server"), body)
		return err
	})
}

func await(ts *testscript.TestScript, neg bool, args []string) {
	re := regexp.MustCompile("(?m)" + args[1])
	until(ts, args[0], func() error {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && !re.Match(text) {
			err = fmt.Errorf("no %q in %q", args[1], text)
		}
		return err
	})
}

func gone(ts *testscript.TestScript, neg bool, args []string) {
	until(ts, args[0], func() error {
		_, err := os.Stat(ts.MkAbs(args[0]))
		if err == nil {
			return fmt.Errorf("it is still there")
		}
		return nil
	})
}

func listenOn(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	ts.Defer(func() { l.Close() })
}

// pidIn reads a pid file, once it is there.
func pidIn(ts *testscript.TestScript, name string) (pid int) {
	until(ts, name, func() error {
		text, err := os.ReadFile(ts.MkAbs(name))
		if err != nil {
			return err
		}
		var ok bool
		if pid, ok = parsePid(strings.TrimSpace(string(text))); !ok {
			return fmt.Errorf("%q is no pid", text)
		}
		return nil
	})
	return pid
}

// envsubst replaces the variables of the environment in files, those of nginx
// left as they are.
func envsubst(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		for _, v := range []string{"PORT3", "PORT2", "PORT", "WORK"} {
			text = strings.ReplaceAll(text, "$"+v, ts.Getenv(v))
		}
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}
