package core

import (
	"errors"
	"runtime"
	"time"

	"understudy/directives/spec"
)

// process is the directives that Settings tells of.
var process = []spec.Directive[conf]{{
	Name: "daemon", In: spec.Main, Syntax: "on | off", Default: "on",
	Doc: "Runs the process in the background.",
	Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.daemon }),
}, {
	Name: "pid", Names: spec.PidFile, In: spec.Main, Syntax: "file", Default: pidFile,
	Doc: "Names the file that keeps the number of the process.",
	Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.pid }),
}, {
	Name: "worker_processes", In: spec.Main, Syntax: "number | auto", Default: "1",
	Doc: "Sets on how many CPUs the process runs at once; auto is all of them.",
	Set: spec.Scalar(func(c *conf) *spec.Value[int] { return &c.workers }, spec.Number, spec.Exactly(1), []string{"auto"}, parseWorkers),
}, {
	Name: "user", Names: spec.UserName, In: spec.Main, Args: spec.Between(1, 2), Syntax: "user [group]",
	Doc: "Sets who serves requests, if the process is started by root. The group is by default the one that is called like the user.",
	Set: spec.Do(setUser),
}, {
	Name: "worker_rlimit_nofile", In: spec.Main, Syntax: "number",
	Doc: "Sets how many files and sockets the process may have open (RLIMIT_NOFILE).",
	Set: spec.Scalar(func(c *conf) *spec.Value[int] { return &c.noFile }, spec.Number, spec.Exactly(1), nil, number),
}, {
	Name: "worker_rlimit_core", In: spec.Main, Syntax: "size",
	Doc: "Sets the largest core file of the process (RLIMIT_CORE).",
	Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.coreSize }, true),
}, {
	Name: "worker_shutdown_timeout", In: spec.Main, Syntax: "time",
	Doc: "Limits how long a graceful shutdown may take. Connections that are open then are closed.",
	Set: spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.shutdown }, true),
}, {
	Name: "working_directory", Names: spec.FileName, In: spec.Main, Syntax: "directory",
	Doc: "Sets the directory in which the process works, where a core file is written.",
	Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.dir }),
}, {
	Name: "env", In: spec.Main, Args: spec.Exactly(1), Syntax: "variable[=value]",
	Doc: "Keeps a variable of the environment, or sets it. All others but TZ are removed.",
	Set: spec.Do(func(c *conf, call *spec.Call) error {
		c.env = append(c.env, call.Args[0].Text)
		return nil
	}),
}, {
	Name: "error_log", Names: spec.LogFile, In: spec.Main, Args: spec.AtLeast(1), Syntax: "file [level]",
	Doc: "Writes errors of a level and worse to a file, stderr, syslog: or memory:. Several directives write to several logs.",
	Set: spec.AddTo(func(c *conf) *spec.Value[[]spec.ErrorLog] { return &c.logs }, (*spec.Call).ErrorLog),
}, {
	// The parser puts the directives of the files in the place of an include
	// directive. It leaves those that are wrongly written.
	Name: "include", In: spec.Any, Args: spec.Exactly(1), Syntax: "file | mask",
	Doc: "Reads directives from a file, or from all files that match a mask, in the order of their names.",
	Set: spec.Do(func(*conf, *spec.Call) error { return nil }),
}}

// number reads any number that is not negative.
func number(c *spec.Call) (int, error) {
	n, ok := spec.ParseNumber(c.Args[0].Text)
	if !ok {
		return 0, errors.New("invalid number")
	}
	return n, nil
}

func parseWorkers(c *spec.Call) (int, error) {
	if c.Args[0].Text == "auto" {
		return runtime.NumCPU(), nil
	}
	n, ok := spec.ParseNumber(c.Args[0].Text)
	if !ok {
		return 0, errors.New("invalid value")
	}
	return n, nil
}
