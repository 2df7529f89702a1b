package core

import (
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/parser/diag"
)

// pidFile is the default of pid.
const pidFile = "logs/nginx.pid"

// Settings is what a configuration wants of the process.
type Settings struct {
	Daemon           bool
	PID              string // absolute name of the file
	Workers          int    // worker_processes, at least 1: how many CPUs to use at once
	Connections      int    // worker_connections; checked by Enough and no limit here
	User             *Account
	NoFile           int64  // RLIMIT_NOFILE; -1: as it is
	CoreSize         int64  // RLIMIT_CORE in bytes; -1: as it is
	WorkingDirectory string // "": stay

	// ShutdownTimeout is how long a graceful shutdown may take; 0: any time.
	ShutdownTimeout time.Duration

	// Env is what env directives say, "NAME" or "NAME=value", in their order.
	Env []string

	// Debug is who debug_connection names.
	Debug DebugConnections

	// ErrorLogs are those of the main block, in their order.
	ErrorLogs []spec.ErrorLog
}

// SettingsOf returns what the main block main and the events block say.
func SettingsOf(main *spec.Scope) Settings {
	c := spec.Conf[conf](main)
	s := Settings{
		Daemon: c.daemon.V, PID: c.pid.V, Workers: max(c.workers.V, 1), Connections: c.connections.V,
		User: c.user, NoFile: -1, CoreSize: -1,
		WorkingDirectory: c.dir.V, ShutdownTimeout: c.shutdown.V, Env: c.env, ErrorLogs: c.logs.V,
	}
	if s.PID == "" {
		s.PID = pidFile
	}
	s.PID = main.FullName(s.PID)
	if c.noFile.Given() {
		s.NoFile = int64(c.noFile.V)
	}
	if c.coreSize.Given() {
		s.CoreSize = c.coreSize.V
	}
	for _, in := range main.Children {
		if e := spec.Conf[conf](in); in.In == spec.Events && e.connections.Given() {
			s.Connections = e.connections.V
		}
		if in.In == spec.Events {
			s.Debug = append(s.Debug, spec.Conf[conf](in).debug...)
		}
	}
	return s
}

// DefaultLog reports whether errors go to the default log too, from the level
// error on: no error_log directive names a file.
func (s *Settings) DefaultLog() bool {
	for _, l := range s.ErrorLogs {
		if l.File != "" || l.Stderr {
			return false
		}
	}
	return true
}

// Enough returns nginx's error if there are too few connections for the sockets
// that a configuration listens on.
func (s *Settings) Enough(sockets int) error {
	if s.Connections > sockets {
		return nil
	}
	var l diag.List
	l.Add(diag.Pos{}, "few-connections", "%d worker_connections are not enough for %d listening sockets", s.Connections, sockets)
	return l[0]
}

// Environ returns the environment of the process, of entries "NAME=value", as
// env directives make it from the one it was started with. It has the entries
// in the order of the directives, and TZ if none of them speaks of it.
func (s *Settings) Environ(started []string) []string {
	env := s.Env
	tz := false
	for _, v := range env {
		tz = tz || v == "TZ" || strings.HasPrefix(v, "TZ=")
	}
	if !tz {
		env = append(env[:len(env):len(env)], "TZ")
	}
	var out []string
	for _, v := range env {
		if strings.Contains(v, "=") {
			out = append(out, v)
			continue
		}
		for _, has := range started {
			if strings.HasPrefix(has, v+"=") {
				out = append(out, has)
				break
			}
		}
	}
	return out
}
