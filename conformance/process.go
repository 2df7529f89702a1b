package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A process is a running binary.
type process struct {
	cmd    *exec.Cmd
	dir    string
	stderr bytes.Buffer // to be read after done
	done   chan struct{}
	err    error // of the exit; after done
}

const (
	startLimit = 10 * time.Second
	stopLimit  = 5 * time.Second
)

// start runs binary with dir as prefix and returns when it accepts connections.
// The process ends with the test.
func start(t testing.TB, binary, dir string) (*process, error) {
	p := &process{dir: dir, done: make(chan struct{})}
	p.cmd = exec.Command(binary, "-p", dir+"/", "-c", "nginx.conf", "-e", dir+"/logs/error.log")
	p.cmd.Dir = dir
	p.cmd.Env = environ()
	p.cmd.Stderr = &p.stderr
	p.cmd.Stdout = &p.stderr
	// An own group: workers die with their master, even if it was killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A worker that outlives its master would keep Wait from returning.
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		select {
		case <-p.done:
		default:
			p.kill()
		}
	})
	// The pid file is written once every socket listens. Connecting instead
	// would be a session that stream modules see.
	deadline := time.After(startLimit)
	for {
		if pid, err := os.ReadFile(dir + "/logs/nginx.pid"); err == nil && len(pid) > 0 {
			return p, nil
		}
		select {
		case <-p.done:
			return nil, fmt.Errorf("does not start: %v\n%s", p.err, p.stderr.String())
		case <-deadline:
			p.kill()
			return nil, fmt.Errorf("no logs/nginx.pid within %v\n%s", startLimit, p.stderr.String())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// environ is the environment of the program. The race detector would wait for a
// second before every exit.
func environ() []string {
	return append(os.Environ(), "GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE"))
}

// stop ends the process gracefully, so that logs are complete, and reports how
// it ended.
func (p *process) stop() error {
	select {
	case <-p.done:
		return fmt.Errorf("has exited: %v\n%s", p.err, p.stderr.String())
	default:
	}
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGTERM} {
		p.cmd.Process.Signal(sig)
		select {
		case <-p.done:
			if p.err != nil {
				return fmt.Errorf("exits with %w\n%s", p.err, p.stderr.String())
			}
			if sig != syscall.SIGQUIT {
				return errors.New("does not quit on SIGQUIT")
			}
			return p.complaint()
		case <-time.After(stopLimit):
		}
	}
	p.kill()
	return errors.New("does not exit on SIGTERM")
}

func (p *process) kill() {
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// complaint is what a Go program or its race detector says before a case can
// see it.
func (p *process) complaint() error {
	for _, sign := range []string{"panic: ", "WARNING: DATA RACE", "fatal error: "} {
		if s := p.stderr.String(); strings.Contains(s, sign) {
			return fmt.Errorf("says\n%s", s)
		}
	}
	return nil
}
